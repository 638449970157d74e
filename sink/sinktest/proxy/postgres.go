package proxy

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
)

// Types of messages.
// https://www.postgresql.org/docs/current/protocol-message-formats.html
const (
	query         = 'Q'
	parse         = 'P'
	execute       = 'E'
	syncs         = 'S' // until then Postgres keeps its answers to itself
	copyData      = 'd'
	readyForQuery = 'Z'
)

// longest is the limit of a message, in bytes; none of rollcall's is longer, so a longer
// one means that this package misread the stream.
const longest = 64 << 20

// ReadMessage reads one message of Postgres's protocol, with its type where it
// has one: all but the first of a client have.
func ReadMessage(r io.Reader, typed bool) ([]byte, error) {
	n := 4
	if typed {
		n = 5
	}
	head := make([]byte, n)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	size := int(binary.BigEndian.Uint32(head[n-4:])) - 4
	if size < 0 || size > longest {
		return nil, fmt.Errorf("a message of %d bytes", size)
	}
	whole := append(head, make([]byte, size)...)
	_, err := io.ReadFull(r, whole[n:])
	return whole, err
}

// postgres is one session of Postgres.
type postgres struct {
	started bool
	said    strings.Builder // by the client, in the open transaction
	parsed  string          // the latest statement
	runs    string          // what the next Sync has run
	part    int
}

func (p *postgres) fromClient(r *bufio.Reader) (Message, []byte, error) {
	raw, err := ReadMessage(r, p.started)
	if err != nil || !p.started {
		p.started = true
		return Message{}, raw, err
	}
	m := Message{Kind: raw[0], Text: statement(raw)}
	if m.Kind == copyData {
		p.part++
		m.Part = p.part
	} else {
		p.part = 0
	}
	if strings.HasPrefix(m.Text, "BEGIN") {
		p.said.Reset()
	}
	if m.Text != "" {
		p.said.WriteString(m.Text + "\n")
	}
	switch m.Kind {
	case query:
		m.Runs = m.Text
	case parse:
		p.parsed = m.Text
	case execute:
		p.runs = p.parsed
	case syncs:
		m.Runs, p.runs = p.runs, ""
	}
	m.Said = p.said.String()
	if ends(m.Text) {
		p.said.Reset()
	}
	return m, raw, nil
}

// ends reports whether a statement ends a transaction.
func ends(text string) bool {
	return text == "COMMIT" || strings.HasPrefix(text, "ROLLBACK") && !strings.Contains(text, "SAVEPOINT")
}

func (p *postgres) fromServer(r *bufio.Reader) (Message, []byte, error) {
	raw, err := ReadMessage(r, true)
	if err != nil {
		return Message{}, nil, err
	}
	return Message{FromServer: true, Kind: raw[0]}, raw, nil
}

// statement is the SQL of a Query or a Parse, "" of other messages.
func statement(raw []byte) string {
	rest := raw[5:]
	switch raw[0] {
	case parse: // the statement's name comes first
		_, rest, _ = bytes.Cut(rest, []byte{0})
	case query:
	default:
		return ""
	}
	text, _, _ := bytes.Cut(rest, []byte{0})
	return string(text)
}

// Says is a statement with this text.
func Says(text string) Moment {
	return func(m Message) bool { return !m.FromServer && strings.Contains(m.Text, text) }
}

// Runs is the message after which Postgres runs a statement with this text: its response
// means that the statement was run.
func Runs(text string) Moment {
	return func(m Message) bool { return !m.FromServer && strings.Contains(m.Runs, text) }
}

// CopyData is the n-th piece of data of a COPY.
func CopyData(n int) Moment {
	return func(m Message) bool { return !m.FromServer && m.Kind == copyData && m.Part == n }
}

// Commit is the COMMIT of a transaction in which a statement with this text was
// sent.
func Commit(text string) Moment {
	return func(m Message) bool { return m.Text == "COMMIT" && strings.Contains(m.Said, text) }
}
