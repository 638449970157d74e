package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollcall/cmd/rollcall/internal/render"
	"rollcall/sink"
)

// People see text in quotes and numbers without; machines get text, as
// directory.changes has it.
func TestAPlanShowsValuesByTheirKind(t *testing.T) {
	printed := func(format string) string {
		var b bytes.Buffer
		out := bufio.NewWriter(&b)
		p := newPlanPrinter(out, render.Screen{}, format)
		for _, values := range [][2]string{{`true`, `false`}, {`"1"`, `1`}, {``, `"say \"hi\"\u001b"`}, {`"{"`, `{"a": [1]}`}} {
			c := sink.Change{Source: "acme", Operation: "updated", ExternalID: "A", Name: "Acme", Field: "payload.x\x1b"}
			c.Old, c.New = json.RawMessage(values[0]), json.RawMessage(values[1])
			if err := p.change(c); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.close(); err != nil {
			t.Fatal(err)
		}
		out.Flush()
		return b.String()
	}
	for format, want := range map[string]string{
		"table": `~ updated   acme/A  Acme
      payload.x�: true → false
      payload.x�: "1" → 1
      payload.x�: none → "say "hi"�"
      payload.x�: "{" → {"a": [1]}
`,
		"csv": `source,operation,external_id,name,field,old_value,new_value
acme,updated,A,Acme,payload.x` + "\x1b" + `,true,false
acme,updated,A,Acme,payload.x` + "\x1b" + `,1,1
acme,updated,A,Acme,payload.x` + "\x1b" + `,,"say ""hi""` + "\x1b" + `"
acme,updated,A,Acme,payload.x` + "\x1b" + `,{,"{""a"": [1]}"
`,
	} {
		if diff := cmp.Diff(want, printed(format)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", format, diff)
		}
	}
}
