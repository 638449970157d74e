package pipeline

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"rollcall/model/canon"
	"rollcall/sources"
)

// A credential that becomes known after it was stored is taken out by the next
// run, also of what a listing repeats; nothing else changes.
func TestACredentialThatBecomesKnown(t *testing.T) {
	t.Parallel()
	for name, learn := range map[string]func(*canon.Secrets, ...string){"configured": (*canon.Secrets).Add, "obtained": (*canon.Secrets).Learn} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			credentialBecomesKnown(t, learn)
		})
	}
}

func credentialBecomesKnown(t *testing.T, learn func(*canon.Secrets, ...string)) {
	r, f := newRig(t).withFake()
	secrets := new(canon.Secrets)
	f.metadata.Rules = canon.NewRules(nil, nil, nil).WithSecrets(secrets)
	named := func(id, name, parent string) sources.Record {
		raw, _ := json.Marshal(map[string]string{"id": id, "name": name, "parent": parent})
		return sources.Record{ID: id, Raw: raw}
	}
	f.lists([]sources.Record{named("a", "has token-00001 in it", ""), named("b", "has none", ""), named("c", "child", "token-00001"), named("token-00001", "its id is one", "")})
	r.mustSync("succeeded")
	r.mustSync("succeeded")
	learn(secrets, "token-00001")
	if result := r.mustSync("succeeded"); result.Updated != 1 || result.Moved != 1 || result.Rejected != 1 || result.Deleted > 0 {
		t.Errorf("%+v", result.Counts)
	}
	var accounts, rejects []string
	r.list(&accounts, `SELECT external_id || ': ' || name || ', ' || coalesce(parent_external_id, 'a root') FROM directory.live_accounts ORDER BY id`)
	r.list(&rejects, `SELECT to_jsonb(x)::text FROM directory.rejects x`)
	if got := strings.Join(accounts[:3], "; "); got != "a: has [redacted] in it, a root; b: has none, a root; c: child, a root" {
		t.Error(got)
	}
	if got := strings.Join(rejects, " "); strings.Contains(got, "token-00001") || !strings.Contains(got, reasonSecret) {
		t.Error(got)
	}
}

// A credential that is obtained in the middle of a listing counts for its later
// pages, also where the last listing had them as they are.
func TestACredentialObtainedInTheMiddle(t *testing.T) {
	t.Parallel()
	r, f := newRig(t).withFake()
	secrets := new(canon.Secrets)
	f.metadata.Rules = canon.NewRules(nil, nil, nil).WithSecrets(secrets)
	const pages = 20
	learn := func() {}
	f.list = func(yield func(sources.Page, error) bool) {
		for i := range pages {
			name := "has none"
			if i == pages-1 {
				learn()
				name = "has token-00001 in it"
			}
			raw, _ := json.Marshal(map[string]any{"id": i, "name": name})
			if !yield(sources.Page{Records: []sources.Record{{ID: strconv.Itoa(i), Raw: raw}}}, nil) {
				return
			}
		}
	}
	r.mustSync("succeeded")
	r.mustSync("succeeded")
	learn = func() { secrets.Learn("token-00001") }
	if result := r.mustSync("succeeded"); result.Updated != 1 {
		t.Errorf("%+v", result.Counts)
	}
}
