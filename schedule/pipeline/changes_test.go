package pipeline

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"rollcall/model"
	"rollcall/sources"
	"rollcall/sources/simulate"
)

// What one change at the provider makes of the history.
func TestWhatMakesAVersion(t *testing.T) {
	t.Parallel()
	base := newRig(t)
	for name, c := range map[string]struct {
		change  map[string]any
		version string
	}{
		"nothing":                      {nil, ""},
		"a column":                     {map[string]any{"name": "New"}, "updated a name,payload"},
		"a member without a column":    {map[string]any{"color": "green"}, "updated a payload"},
		"several":                      {map[string]any{"name": "New", "email": "a@example.com", "status": "closed"}, "updated a name,status,email,payload"},
		"the parent":                   {map[string]any{"parent": "b"}, "moved a parent_external_id,payload"},
		"the parent and more":          {map[string]any{"parent": "b", "name": "New"}, "moved a parent_external_id,name,payload"},
		"a volatile member":            {map[string]any{"credit": 12.5}, ""},
		"a volatile member and more":   {map[string]any{"credit": 12.5, "name": "New"}, "updated a name,payload"},
		"a secret":                     {map[string]any{"password": "s3cr3t"}, ""},
		"the case of an e-mail":        {map[string]any{"email": "A@Example.com"}, "updated a email,payload"},
		"a member that becomes null":   {map[string]any{"name": nil}, "updated a name,payload"},
		"a status nobody has heard of": {map[string]any{"status": "hibernating"}, "updated a status,payload"},
	} {
		t.Run(name, func(t *testing.T) {
			r, f := base.fresh(t).withFake()
			f.lists([]sources.Record{object("a", nil), object("b", nil)})
			r.mustSync("succeeded")
			f.lists([]sources.Record{object("a", c.change), object("b", nil)})
			var want []string
			if c.version != "" {
				want = []string{c.version}
			}
			result := r.mustSync("succeeded")
			if got := r.changes(result.RunID); !slices.Equal(got, want) {
				t.Errorf("versions %q, want %q", got, want)
			}
			r.mustWriteNothing()
		})
	}
}

// A new release whose mapping gives the same columns writes no history, and is
// done with it after one run; one that gives other columns makes versions.
func TestANewMapping(t *testing.T) {
	t.Parallel()
	r, f := newRig(t).withFake()
	f.lists([]sources.Record{object("a", nil), object("b", map[string]any{"parent": "a"})})
	r.mustSync("succeeded")
	f.metadata.Mapping = 2
	f.lists([]sources.Record{object("a", map[string]any{"credit": 5}), object("b", map[string]any{"parent": "a"})})
	result := r.mustSync("succeeded")
	if got := r.changes(result.RunID); len(got) > 0 || result.Unchanged != 2 {
		t.Errorf("versions %q, %+v", got, result.Counts)
	}
	r.mustWriteNothing()

	f.metadata.Mapping = 3
	f.mapped = func(a *model.Account) { a.Kind = "full" }
	result = r.mustSync("succeeded")
	if got := r.changes(result.RunID); !slices.Equal(got, []string{"updated a kind,payload", "updated b kind"}) {
		t.Errorf("versions %q", got)
	}
	r.mustWriteNothing()
}

// What a listing says of an account and takes back on a later page is nothing.
func TestALaterPageTakesBack(t *testing.T) {
	t.Parallel()
	base := newRig(t)
	full, other := object("a", nil), object("a", map[string]any{"name": "New"})
	lower := other
	lower.Lower = true
	for name, pages := range map[string][][]sources.Record{
		"a change":                         {{other}, {full}},
		"a change, on one page":            {{other, full}},
		"less detail after full":           {{full}, {lower}},
		"less detail before full":          {{lower}, {full}},
		"less detail around full":          {{lower}, {full}, {lower}},
		"less detail on the page of full":  {{full, lower}},
		"less detail, first, on that page": {{lower, full}},
	} {
		t.Run(name, func(t *testing.T) {
			r, f := base.fresh(t).withFake()
			f.lists([]sources.Record{full})
			r.mustSync("succeeded")
			f.lists(pages...)
			r.mustWriteNothing()
		})
	}
}

// Credit that differs with each answer makes no change of its own; it is
// stored as of the last change.
func TestCreditAloneIsNoChange(t *testing.T) {
	t.Parallel()
	r, n := rigOf(t, "agendize", numbered(3)...)
	r.mustSync("succeeded")
	credit := func() (credit string) {
		r.get(&credit, `SELECT payload ->> 'credit' FROM directory.accounts WHERE external_id = 'a00'`)
		return credit
	}
	first := credit()
	r.mustWriteNothing()
	if got := credit(); got != first || first == "" {
		t.Errorf("the credit was %s and is %s", first, got)
	}
	n.world.Update("a00", func(a *simulate.Account) { a.Name = "Renamed" })
	result := r.mustSync("succeeded")
	if got := r.changes(result.RunID); !slices.Equal(got, []string{"updated a00 name,payload"}) || credit() == first {
		t.Errorf("versions %q, the credit is %s", got, credit())
	}
}

// Agendize may leave disabled accounts out of its list; they are requested by
// themselves, and are not deleted.
func TestDisabledAccountsAreNotGone(t *testing.T) {
	t.Parallel()
	r, n := rigOf(t, "agendize", numbered(4)...)
	n.handler.(*simulate.Agendize).HideDisabled = true
	r.mustSync("succeeded")
	n.world.Update("a01", func(a *simulate.Account) { a.Status = simulate.Suspended })
	result := r.mustSync("succeeded")
	if got := r.changes(result.RunID); !slices.Equal(got, []string{"updated a01 status,payload"}) {
		t.Errorf("versions %q", got)
	}
	r.mustWriteNothing()
}

// No credential of the connection is stored, logged or printed, wherever the
// provider repeats it: the rig looks for it after each run.
func TestARepeatedCredentialIsNotKept(t *testing.T) {
	t.Parallel()
	base := newRig(t)
	for _, provider := range stateless {
		t.Run(provider, func(t *testing.T) {
			r := base.fresh(t)
			n := r.connect(acme, provider, below(3)...)
			for _, secret := range []string{aToken, aKey} {
				id := "a00"
				n.world.Update(id, func(a *simulate.Account) {
					a.Name = "Account " + secret
					a.Organization = secret
					a.Extra = map[string]any{"note": "the key is " + secret, "apiKey": secret, "nested": map[string]any{"deep": []any{secret, map[string]any{"auth_token": "x" + simulate.SecretMark}}}}
				})
				// The other provider's credential is a text like any other.
				if !strings.Contains(fmt.Sprint(n.settings), secret) {
					continue
				}
				r.mustSync("succeeded")
				if got := r.directory()[id].Name; strings.Contains(got, simulate.SecretMark) {
					t.Errorf("the name is %q", got)
				}
			}
			n.On(simulate.Listing).Do(simulate.Echo(403))
			result := r.mustSync("failed")
			if strings.Contains(result.Err.Error(), simulate.SecretMark) {
				t.Errorf("the error has a secret: %v", result.Err)
			}
		})
	}
}
