package sink

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
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

// statements are those of sql/*.sql, their lists of columns filled in.
var statements = sync.OnceValue(func() map[string]string {
	all := LoadStatements(files)
	for name, text := range all {
		all[name] = placeholder.ReplaceAllStringFunc(text, expand)
	}
	return all
})

// LoadStatements returns the SQL statements of sql/*.sql by name. Each begins with a
// line "-- name: NAME"; the comment below that line and the final semicolon are left out.
func LoadStatements(files fs.FS) map[string]string {
	paths, err := fs.Glob(files, "sql/*.sql")
	all := make(map[string]string)
	for _, path := range paths {
		text, failure := fs.ReadFile(files, path)
		err = errors.Join(err, failure)
		for _, block := range strings.Split("\n"+string(text), "\n-- name: ")[1:] {
			name, body, _ := strings.Cut(block, "\n")
			for strings.HasPrefix(body, "--") {
				_, body, _ = strings.Cut(body, "\n")
			}
			if all[name] != "" {
				err = errors.Join(err, fmt.Errorf("%s: second statement named %s", path, name))
			}
			all[name] = strings.TrimSuffix(strings.TrimSpace(body), ";")
		}
	}
	if err != nil {
		panic(err) // the files are compiled in
	}
	return all
}

// statement returns the statement of that name. Run.statement fills in {staged}.
func statement(name string) string {
	text, ok := statements()[name]
	if !ok {
		panic("no SQL statement named " + name)
	}
	return text
}

// expand fills in a list of columns:
//
//	{columns}     provider, parent_external_id, …
//	{columns:s}   s.provider, s.parent_external_id, …
//	{assign:s}    provider = s.provider, …
//	{changed:a,s} CASE WHEN a.provider IS DISTINCT FROM s.provider THEN 'provider' END, …
func expand(found string) string {
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
}
