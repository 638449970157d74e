package render

import (
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
)

// zstdWindow is how far back zstd looks, in bytes: pages are not much larger. The
// default keeps 4 MiB and a table to match.
const zstdWindow = 128 << 10

// A zstdCodec compresses the pages of a Parquet file one after another, in little
// memory.
type zstdCodec struct{ encoder *zstd.Encoder }

func newZstdCodec() (*zstdCodec, error) {
	e, err := zstd.NewWriter(nil,
		zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false),
		zstd.WithZeroFrames(true), zstd.WithWindowSize(zstdWindow), zstd.WithLowerEncoderMem(true))
	return &zstdCodec{e}, err
}

// String returns its name.
func (*zstdCodec) String() string { return "ZSTD" }

// CompressionCodec returns its number in a file.
func (*zstdCodec) CompressionCodec() format.CompressionCodec { return format.Zstd }

// Encode compresses src.
func (c *zstdCodec) Encode(dst, src []byte) ([]byte, error) {
	return c.encoder.EncodeAll(src, dst[:0]), nil
}

// Decode decompresses src. The interface needs it; files are only written.
func (*zstdCodec) Decode(dst, src []byte) ([]byte, error) {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.DecodeAll(src, dst[:0])
}
