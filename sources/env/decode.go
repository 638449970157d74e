package env

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode"

	"github.com/sethvargo/go-envconfig"
)

// Decode fills the struct that target points to from the variables that its env
// tags name, behind prefix, and returns the problems, a line each. A variable
// X can be given as X_FILE. Besides envconfig's tags, a field can carry
//
//	range:"1..64"     bounds of a number or a duration; either may be missing
//	or:"AUTH_TOKEN"   another variable, one of the two being required
//
// A type with an EnvDecode method makes its own errors, which are shown: they must
// not repeat the value.
func Decode(ctx context.Context, env envconfig.Lookuper, prefix string, target any) (problems []string) {
	given := make(map[string]bool)
	all := fields(prefix, reflect.ValueOf(target).Elem())
	for _, f := range all {
		value, from, problem := lookup(ctx, env, f.name)
		given[f.name] = from != "" || problem != ""
		switch {
		case problem != "":
		case from != "":
			problem = f.set(ctx, value, from)
		case f.required:
			problem = fmt.Sprintf("%s: is not set (nor is %s)", f.name, f.name+fileSuffix)
		case f.preset != "":
			problem = f.decode(ctx, envconfig.MapLookuper(nil))
		}
		if problem != "" {
			problems = append(problems, problem)
		}
	}
	for _, f := range all {
		if f.or != "" && !given[f.name] && !given[f.or] {
			problems = append(problems, fmt.Sprintf("%s, %s: set one of them", f.name, f.or))
		}
	}
	return problems
}

// Variables are the names that Decode looks for, X_FILE aside.
func Variables(prefix string, target any) []string {
	var names []string
	for _, f := range fields(prefix, reflect.ValueOf(target).Elem()) {
		names = append(names, f.name)
	}
	return names
}

// A field is one variable and where its value goes.
type field struct {
	reflect.StructField
	to       reflect.Value
	key      string // as in the tag
	name     string // as in the environment
	preset   string // the default
	required bool
	or       string
}

// fields lists the variables of a struct, and of structs within.
func fields(prefix string, v reflect.Value) (all []field) {
	for i := range v.NumField() {
		tag, tagged := v.Type().Field(i).Tag.Lookup("env")
		if !tagged {
			if v.Field(i).Kind() == reflect.Struct {
				all = append(all, fields(prefix, v.Field(i))...)
			}
			continue
		}
		key, options, _ := strings.Cut(tag, ",")
		options, preset, _ := strings.Cut(options, "default=")
		f := field{StructField: v.Type().Field(i), to: v.Field(i), key: strings.TrimSpace(key), preset: preset}
		f.name = prefix + f.key
		f.required = strings.Contains(options, "required")
		if or := f.Tag.Get("or"); or != "" {
			f.or = prefix + or
		}
		all = append(all, f)
	}
	return all
}

// set gives the field a value that stood in the variable from.
func (f field) set(ctx context.Context, value, from string) (problem string) {
	isText := f.Type.Kind() == reflect.String
	switch {
	case strings.TrimSpace(value) == "" && from != f.name:
		return from + ": names an empty file"
	case strings.TrimSpace(value) == "":
		return fmt.Sprintf("%s: is empty; %s", from, f.hint())
	case f.isList():
		value = items(value, from != f.name)
		if value == "" {
			return from + ": is an empty list"
		}
	case isText && strings.ContainsFunc(value, unicode.IsControl):
		return from + ": holds a line break or another control character"
	case !isText:
		value = strings.TrimSpace(value)
	}
	if problem := f.decode(ctx, envconfig.MapLookuper(map[string]string{f.key: value})); problem != "" {
		return fmt.Sprintf("%s: %s", from, problem)
	}
	if problem := f.outOfRange(); problem != "" {
		return fmt.Sprintf("%s: %s", from, problem)
	}
	return ""
}

func (f field) hint() string {
	switch {
	case f.required:
		return "it is required"
	case f.preset != "":
		return "leave it unset for " + f.preset
	default:
		return "leave it unset to do without"
	}
}

// decode lets envconfig fill this one field. By itself it would stop at the
// first problem, and repeat the value in it.
func (f field) decode(ctx context.Context, value envconfig.Lookuper) (problem string) {
	alone := reflect.New(reflect.StructOf([]reflect.StructField{{Name: f.Name, Type: f.Type, Tag: f.Tag}}))
	if err := envconfig.ProcessWith(ctx, &envconfig.Config{Target: alone.Interface(), Lookuper: value}); err != nil {
		return f.words(err)
	}
	f.to.Set(alone.Elem().Field(0))
	return ""
}

// words says what is wrong with a value without repeating it.
func (f field) words(err error) string {
	switch f.to.Addr().Interface().(type) {
	case envconfig.Decoder, envconfig.DecoderCtx:
		return strings.TrimPrefix(oneLine(err.Error()), f.Name+": ")
	case *time.Duration:
		return "not a duration such as 30s or 10m"
	}
	switch f.Type.Kind() {
	case reflect.Bool:
		return "not true or false"
	case reflect.Float32, reflect.Float64:
		return "not a number"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "not a whole number"
	default:
		return "cannot be read"
	}
}

// isList reports whether the field takes several values, by comma.
func (f field) isList() bool {
	_, decoder := f.to.Addr().Interface().(envconfig.Decoder)
	return f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() != reflect.Uint8 && !decoder
}

// items drops empty items from a list; in a file they stand one per line.
func items(value string, file bool) string {
	separator := func(r rune) bool { return r == ',' || file && (r == '\n' || r == '\r') }
	var kept []string
	for _, item := range strings.FieldsFunc(value, separator) {
		if item = strings.TrimSpace(item); item != "" {
			kept = append(kept, item)
		}
	}
	return strings.Join(kept, ",")
}
