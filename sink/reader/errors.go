package reader

import (
	"context"
	"errors"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"

	"rollcall/sink"
)

// errSchema means that the schema lacks a relation, column or function of this release.
var errSchema = errors.New("the database has no directory of this version: run rollcall migrate up")

// errRight means that the role in DATABASE_URL may not read.
var errRight = errors.New("the role in DATABASE_URL may not read the directory: use one that may, or have the role of ROLLCALL_READER_ROLE granted to it")

// explain returns an error for the person who reads the directory. The error of a
// cancelled statement is the cause of ctx.
func explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var refusal *pq.Error
	if errors.As(err, &refusal) {
		switch refusal.Code {
		case pqerror.InvalidSchemaName, pqerror.UndefinedTable, pqerror.UndefinedColumn, pqerror.UndefinedFunction:
			return errSchema
		case pqerror.InsufficientPrivilege:
			return errRight
		}
	}
	return &sink.Error{Err: err}
}
