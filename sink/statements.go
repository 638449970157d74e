package sink

import (
	"embed"
	"regexp"
	"strings"
	"sync"
)

//go:embed sql/*.sql
var files embed.FS

// content are the columns of accounts that a provider's record decides, in the
// table's order: what is staged, compared and kept as history.
var content = []string{
	"provider", "parent_external_id", "name", "status", "kind", "reference", "email", "phone",
	"website", "domain", "organization", "contact_name", "street", "city", "region", "postal_code",
	"country", "timezone", "language", "currency", "provider_created_at", "provider_updated_at", "payload",
}

var placeholder = regexp.MustCompile(`\{(\w+)(?::(\w+))?(?:,(\w+))?\}`)

// statement reads sql/name.sql and fills in the lists of columns:
//
//	{columns}     provider, parent_external_id, …
//	{columns:s}   s.provider, s.parent_external_id, …
//	{assign:s}    provider = s.provider, …
//	{changed:a,s} CASE WHEN a.provider IS DISTINCT FROM s.provider THEN 'provider' END, …
//
// {staged} stays for Run.statement.
func statement(name string) string {
	if text, ok := statements.Load(name); ok {
		return text.(string)
	}
	text := expand(name)
	statements.Store(name, text)
	return text
}

// statements are those that were expanded: a run of a small connection would
// do it a dozen times.
var statements sync.Map

func expand(name string) string {
	text, err := files.ReadFile("sql/" + name + ".sql")
	if err != nil {
		panic(err) // a misspelt name, found by the first test
	}
	return placeholder.ReplaceAllStringFunc(string(text), func(found string) string {
		m := placeholder.FindStringSubmatch(found)
		var list []string
		for _, c := range content {
			switch m[1] {
			case "columns":
				if m[2] != "" {
					c = m[2] + "." + c
				}
				list = append(list, c)
			case "assign":
				list = append(list, c+" = "+m[2]+"."+c)
			case "changed":
				list = append(list, "CASE WHEN "+m[2]+"."+c+" IS DISTINCT FROM "+m[3]+"."+c+" THEN '"+c+"' END")
			default:
				return found
			}
		}
		return strings.Join(list, ", ")
	})
}
