package reader

import "github.com/lib/pq"

// Connections asks for the connections that the directory knows or that are
// configured, by name: how they are, and when they last ran.
func Connections(configured, providers, only []string) Query {
	return Query{text: statement("connections"), order: "k.source", args: []any{pq.Array(configured), pq.Array(providers), list(only)}}
}
