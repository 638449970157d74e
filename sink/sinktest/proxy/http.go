package proxy

import (
	"bufio"
	"sync/atomic"
)

// Kinds of messages of a provider, outside of what Postgres has for its own.
const (
	request byte = 1 + iota
	head
	body
)

// http is one connection to a provider: requests and answers by turns.
type http struct {
	asked atomic.Bool // and not answered yet
	part  int         // of the body, read so far
}

func (h *http) fromClient(r *bufio.Reader) (Message, []byte, error) {
	raw, err := some(r)
	h.asked.Store(true)
	return Message{Kind: request}, raw, err
}

func (h *http) fromServer(r *bufio.Reader) (Message, []byte, error) {
	if _, err := r.Peek(1); err != nil {
		return Message{}, nil, err
	}
	if !h.asked.CompareAndSwap(true, false) {
		raw, err := some(r)
		h.part++
		return Message{FromServer: true, Kind: body, Part: h.part}, raw, err
	}
	h.part = 0
	var raw []byte
	for {
		line, err := r.ReadBytes('\n')
		raw = append(raw, line...)
		if err != nil || len(line) <= len("\r\n") {
			return Message{FromServer: true, Kind: head}, raw, err
		}
	}
}

// some reads what there is, and waits for it where there is nothing.
func some(r *bufio.Reader) ([]byte, error) {
	if _, err := r.Peek(1); err != nil {
		return nil, err
	}
	raw := make([]byte, r.Buffered())
	_, err := r.Read(raw)
	return raw, err
}

// Answer is the beginning of an answer.
func Answer(m Message) bool { return m.FromServer && m.Kind == head }

// Body is the first piece of an answer's body.
func Body(m Message) bool { return m.FromServer && m.Kind == body && m.Part == 1 }
