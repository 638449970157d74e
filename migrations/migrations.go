// Package migrations holds the schema's versions, NNNN_what.sql, applied in
// order by sink.Migration.
package migrations

import "embed"

// FS holds the migrations.
//
//go:embed *.sql
var FS embed.FS
