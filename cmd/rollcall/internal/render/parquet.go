package render

import (
	"bufio"
	"fmt"

	"github.com/parquet-go/parquet-go"
)

// What bounds the memory of a parquet file being written: its pages wait in
// memory, compressed, until the end of their row group.
const (
	rowGroupBytes   = 16 << 20  // of values, before compression
	rowGroupRows    = 50_000    // of small rows, whose columns are mostly null
	pageBytes       = 64 << 10  // of one column, before compression
	dictionaryBytes = 256 << 10 // of one column; a larger one is given up
	valueBytes      = 8         // of a number, and of what goes with a text
	parquetRows     = 64        // given to the writer at once, which is cheaper
	parquetBatch    = 1 << 20   // or fewer: a payload can have 4 MiB
)

// A Parquet printer writes a Parquet file.
type Parquet struct {
	out     *bufio.Writer
	version string // of rollcall, noted in the file
	types   []string
	columns []string
	levels  []int // definition level of a value that is not null
	file    *parquet.GenericWriter[any]

	batch                   []parquet.Row
	batched, grouped, group int // bytes of the batch; bytes and rows of the row group
}

// NewParquet returns a printer of Parquet that notes the version of rollcall.
func NewParquet(out *bufio.Writer, version string) *Parquet {
	return &Parquet{out: out, version: version}
}

// Types takes the Postgres types of the columns.
func (p *Parquet) Types(types []string) error {
	p.types = types
	return nil
}

// Columns begins the file.
func (p *Parquet) Columns(columns []string) error {
	schema, err := schemaOf(columns, p.types)
	if err != nil {
		return err
	}
	p.columns = columns
	for _, path := range schema.Columns() {
		leaf, _ := schema.Lookup(path...)
		p.levels = append(p.levels, leaf.MaxDefinitionLevel)
	}
	codec, err := newZstdCodec()
	if err != nil {
		return err
	}
	p.file = parquet.NewGenericWriter[any](p.out, schema,
		parquet.Compression(codec),
		parquet.PageBufferSize(pageBytes),
		parquet.DictionaryMaxBytes(dictionaryBytes),
		parquet.SkipPageBounds("payload"),
		parquet.CreatedBy("rollcall", p.version, ""),
	)
	return nil
}

// Row takes a row.
func (p *Parquet) Row(values []any) error {
	row := make(parquet.Row, 0, len(values)+8)
	for i, v := range values {
		var err error
		if row, err = p.append(row, i, v); err != nil {
			return fmt.Errorf("column %s: %w", p.columns[i], err)
		}
	}
	for _, v := range row {
		p.batched += valueBytes
		if v.Kind() == parquet.ByteArray {
			p.batched += len(v.ByteArray())
		}
	}
	p.batch = append(p.batch, row)
	if len(p.batch) < parquetRows && p.batched < parquetBatch {
		return nil
	}
	return p.write()
}

// append adds the column's value, or each of its list.
func (p *Parquet) append(row parquet.Row, column int, v any) (parquet.Row, error) {
	level := p.levels[column]
	var items []any
	switch v := v.(type) {
	case []int64:
		for _, item := range v {
			items = append(items, item)
		}
	case []string:
		for _, item := range v {
			items = append(items, item)
		}
	case nil:
		return append(row, parquet.NullValue().Level(0, 0, column)), nil
	default:
		one, err := parquetValue(p.types[column], v)
		return append(row, one.Level(0, level, column)), err
	}
	if len(items) == 0 { // the list is there, and empty
		return append(row, parquet.NullValue().Level(0, level-1, column)), nil
	}
	for i, item := range items {
		one, err := parquetValue(p.types[column], item)
		if err != nil {
			return nil, err
		}
		row = append(row, one.Level(min(i, 1), level, column))
	}
	return row, nil
}

// write gives the batch to the file, and ends the row group once it is large.
func (p *Parquet) write() error {
	if _, err := p.file.WriteRows(p.batch); err != nil {
		return err
	}
	p.grouped, p.group = p.grouped+p.batched, p.group+len(p.batch)
	clear(p.batch)
	p.batch, p.batched = p.batch[:0], 0
	if p.grouped < rowGroupBytes && p.group < rowGroupRows {
		return nil
	}
	p.grouped, p.group = 0, 0
	return p.file.Flush()
}

// End ends the file.
func (p *Parquet) End() error {
	if err := p.write(); err != nil {
		return err
	}
	return p.file.Close()
}
