package simulate

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// Gzip compresses a handler's answers for clients that accept it.
func Gzip(h http.Handler) http.Handler { return gzipped{h} }

type gzipped struct{ http.Handler }

var gzips = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

func (g gzipped) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		g.Handler.ServeHTTP(w, r)
		return
	}
	out := &gzipWriter{ResponseWriter: w}
	g.Handler.ServeHTTP(out, r)
	if out.z != nil {
		_ = out.z.Close() // the client may have gone
		gzips.Put(out.z)
	}
}

// ErrorBody is the dialect's own error body.
func (g gzipped) ErrorBody(status int) []byte { return errorBody(g.Handler, status) }

// A gzipWriter begins to compress with the first byte: an answer without a
// body must not get one.
type gzipWriter struct {
	http.ResponseWriter
	z      *gzip.Writer
	status int
}

func (w *gzipWriter) WriteHeader(status int) {
	w.status = status
	if status == http.StatusNotModified || status == http.StatusNoContent {
		w.ResponseWriter.WriteHeader(status)
	}
}

func (w *gzipWriter) Write(b []byte) (int, error) {
	if w.z == nil {
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Add("Vary", "Accept-Encoding")
		w.Header().Del("Content-Length") // it was that of the plain body
		if w.status != 0 {
			w.ResponseWriter.WriteHeader(w.status)
		}
		w.z = gzips.Get().(*gzip.Writer)
		w.z.Reset(w.ResponseWriter)
	}
	return w.z.Write(b)
}

// Gzipped answers compressed whether or not the client asked for it.
func Gzipped() Action { return compressed("gzip", func(b []byte) []byte { return b }) }

// GzipCut answers a compressed body that ends too early, with a length that
// agrees: only the decompressor can notice.
func GzipCut() Action { return compressed("gzip cut", func(b []byte) []byte { return b[:len(b)/2] }) }

func compressed(name string, edit func([]byte) []byte) Action {
	return Act(name, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		status, body := recorded(w, r, next)
		var buf bytes.Buffer
		z := gzip.NewWriter(&buf)
		_, _ = z.Write(body) // a Buffer never fails
		_ = z.Close()
		out := edit(buf.Bytes())
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Length", strconv.Itoa(len(out)))
		w.WriteHeader(status)
		_, _ = w.Write(out)
	})
}

// GzipBomb answers a small compressed body that grows to n bytes of spaces.
func GzipBomb(n int) Action {
	return Act("gzip bomb", func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(http.StatusOK)
		z := gzip.NewWriter(w)
		block := bytes.Repeat([]byte{' '}, 1<<16)
		for ; n > 0; n -= len(block) {
			if _, err := z.Write(block[:min(n, len(block))]); err != nil {
				return // the client had enough
			}
		}
		_ = z.Close()
	})
}
