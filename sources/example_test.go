package sources_test

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"

	"github.com/sethvargo/go-envconfig"

	"rollcall/model"
	"rollcall/model/canon"
	"rollcall/model/normalize"
	"rollcall/model/payload"
	"rollcall/sources"
	"rollcall/sources/env"
	"rollcall/sources/fetch"
)

// hrlyConfig is what a connection reads from NAME_BASE_URL and NAME_TOKEN.
type hrlyConfig struct {
	BaseURL sources.BaseURL `env:"BASE_URL, default=https://api.hrly.example/v2"`
	Token   sources.Secret  `env:"TOKEN, required"`
}

// hrly is a small provider: GET people answers {"people":[…],"next":"/v2/people?after=…"}.
type hrly struct {
	client *fetch.Client
	rules  *canon.Rules
	host   string
}

func newHrly(c sources.Connection, cfg hrlyConfig) (sources.Source, error) {
	o := c.Fetch(cfg.BaseURL, "TOKEN") // the variable that an error names where the token is refused
	o.Authorize = func(r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+cfg.Token.Reveal())
		return nil
	}
	o.ErrorCode = fetch.ErrorCodes("error.code")
	rules := canon.NewRules([]string{"pin"}, []string{"last_login"}, []string{"tags"}) // secret, volatile, without order
	return &hrly{fetch.New(o), rules.WithSecrets(o.Secrets), o.Base.Host}, nil
}

func (h *hrly) Metadata() sources.Metadata {
	return sources.Metadata{Mapping: 1, Rules: h.rules, Identity: h.host, IDMember: "id"}
}

func (h *hrly) Close() { h.client.Close() }

// List follows the links to the next page, which are the cursors.
func (h *hrly) List(ctx context.Context, _ sources.Window, cursor string) iter.Seq2[sources.Page, error] {
	return sources.Listing(func(p *sources.Pages) error {
		tally := fetch.Tally{Resumed: cursor != ""}
		var links fetch.Loop
		for next := cmp.Or(cursor, "people"); next != ""; {
			var page fetch.Page
			err := h.client.Get(ctx, next, nil, func(res *http.Response) (err error) {
				p.Reset() // this can be another try
				page, err = fetch.ReadPage(res, fetch.ListOptions{Lists: [][]string{{"people"}}}, func(e fetch.Element) error {
					id := fetch.ID(e.Raw, "id")
					tally.Add(id)
					h.client.Arrived("account", id)
					return p.Add(sources.Record{ID: id, Raw: e.Raw, Oversize: e.Oversize}, "")
				})
				return err
			})
			if err != nil {
				return err
			}
			tally.Turn(&page)
			if next = page.Text("next"); links.Closes(next) {
				return fmt.Errorf("the links to the next page form a loop at %s", next)
			}
			if err := p.At(next); err != nil {
				return err
			}
			if next == "" {
				return tally.Complete(page) // nothing may say that more follows
			}
		}
		return nil
	})
}

func (h *hrly) Lookup(ctx context.Context, id string) (sources.Record, error) {
	return sources.LookUp(ctx, h.client, "people/"+fetch.PathSegment(id), "id", id)
}

func (h *hrly) Map(o payload.Object) model.Account {
	return model.Account{
		Name:      o.Name("name"),
		Status:    o.Status("state", map[string]model.Status{"hired": model.Active, "on_leave": model.Suspended}),
		Parent:    o.ID("manager"),
		Email:     o.Email("mail"),
		CreatedAt: o.Time("since", normalize.ParseUnix),
	}
}

// A provider is a configuration, a Source, and one line that defines it.
func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("after") == "" {
			fmt.Fprint(w, `{"people":[{"id":1,"name":"Ann","state":"hired","mail":"Ann@Acme.example","pin":"1234"}],"next":"/v2/people?after=1"}`)
			return
		}
		fmt.Fprint(w, `{"people":[{"id":2,"name":"Bo","state":"on_leave","manager":1}],"next":null,"total":2}`)
	}))
	defer server.Close()

	providers := []sources.Provider{sources.Define("hrly", newHrly)}
	variables := envconfig.MapLookuper(map[string]string{
		"ROLLCALL_SOURCES": "staff:hrly", "STAFF_BASE_URL": server.URL + "/v2", "STAFF_TOKEN": "s3cret",
	})
	ctx := context.Background()
	connections, _, err := env.Configure(ctx, providers, variables, nil, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	source, err := connections[0].Open("example/1", slog.New(slog.DiscardHandler), nil, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer source.Close()
	canonicalizer := canon.New(source.Metadata().Rules)
	for page, err := range source.List(ctx, sources.Window{}, "") {
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, r := range page.Records {
			object, err := canonicalizer.Append(nil, r.Raw)
			if err != nil {
				fmt.Println(err)
				return
			}
			var warnings []model.Warning
			a := source.Map(payload.Read(object, &warnings))
			fmt.Println(r.ID, a.Name, a.Status, a.Email, a.Parent, string(object))
		}
	}
	// Output:
	// 1 Ann active ann@acme.example  {"id":1,"mail":"Ann@Acme.example","name":"Ann","state":"hired"}
	// 2 Bo suspended  1 {"id":2,"name":"Bo","state":"on_leave","manager":1}
}

// Define names a provider and the function that opens a connection with its configuration.
func ExampleDefine() {
	provider := sources.Define("hrly", newHrly)
	fmt.Println(provider.Name, env.Variables("STAFF_", provider.Connection("staff").Config))
	// Output: hrly [STAFF_BASE_URL STAFF_TOKEN]
}
