package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/sethvargo/go-envconfig"

	"rollcall/sink/sinktest"
)

var update = flag.Bool("update", false, "accept what the scripts print")

// TestScripts plays what a user types and sees. In addition to testscript's own
// commands, a script has
//
//	rollcall [NAME=value…] ARGUMENTS…   with those variables and DATABASE_URL,
//	                                    which DATABASE_URL=unset takes away
//	code N                              the exit status of the last rollcall
//	sql FILE                            runs statements
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("DATABASE_URL", sinktest.URL(t))
			env.Values["code"], env.Values["context"] = new(int), t.Context()
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"rollcall": rollcallInScript, "code": codeInScript, "sql": sqlInScript,
		},
	})
}

func rollcallInScript(ts *testscript.TestScript, neg bool, args []string) {
	env := map[string]string{"DATABASE_URL": ts.Getenv("DATABASE_URL")}
	for len(args) > 0 && strings.Contains(args[0], "=") {
		name, value, _ := strings.Cut(args[0], "=")
		env[name], args = value, args[1:]
		if value == "unset" {
			delete(env, name)
		}
	}
	var stdout, stderr bytes.Buffer
	names := slices.Collect(maps.Keys(env))
	code := run(ts.Value("context").(context.Context), args, envconfig.MapLookuper(env), names, &stdout, &stderr)
	*ts.Value("code").(*int) = code
	fmt.Fprint(ts.Stdout(), &stdout)
	fmt.Fprint(ts.Stderr(), &stderr)
	if neg != (code != 0) {
		ts.Fatalf("exit status %d; stderr: %s", code, &stderr)
	}
}

func codeInScript(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if got := *ts.Value("code").(*int); got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

func sqlInScript(ts *testscript.TestScript, _ bool, args []string) {
	db, err := sqlx.Connect("postgres", ts.Getenv("DATABASE_URL"))
	ts.Check(err)
	defer db.Close()
	_, err = db.Exec(ts.ReadFile(args[0]))
	ts.Check(err)
}
