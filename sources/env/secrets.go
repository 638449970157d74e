package env

import (
	"context"
	"reflect"
	"time"

	"github.com/sethvargo/go-envconfig"

	"rollcall/sources"
)

// secretsTimeout bounds the reading of the credentials of a connection that is
// not used, which must not hold up the one that is.
const secretsTimeout = 2 * time.Second

// readSecrets reads a connection that is not used only for its credentials, as
// they must not turn up in the payloads of others. What is wrong with it is
// reported when it is used.
func readSecrets(ctx context.Context, env envconfig.Lookuper, c sources.Configured) {
	ctx, cancel := context.WithTimeout(ctx, secretsTimeout)
	defer cancel()
	_ = Decode(ctx, env, c.Variable(""), &c.Settings)
	_ = Decode(ctx, env, c.Variable(""), c.Config)
	keepSecrets(c)
}

// keepSecrets adds the connection's credentials to those of the process.
func keepSecrets(c sources.Configured) {
	if c.Secrets == nil {
		return
	}
	c.Secrets.Add(revealed(reflect.ValueOf(c.Settings))...)
	c.Secrets.Add(revealed(reflect.ValueOf(c.Config))...)
	if c.HookPassword != "" {
		c.Secrets.Add(c.HookUsername + ":" + c.HookPassword.Reveal())
	}
}

// revealed returns each Secret in v, a struct, a pointer to one or a list.
func revealed(v reflect.Value) (secrets []string) {
	switch {
	case v.Type() == reflect.TypeFor[sources.Secret]():
		if v.String() != "" {
			secrets = append(secrets, v.String())
		}
	case v.Kind() == reflect.Pointer && !v.IsNil():
		secrets = revealed(v.Elem())
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				secrets = append(secrets, revealed(v.Field(i))...)
			}
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			secrets = append(secrets, revealed(v.Index(i))...)
		}
	}
	return secrets
}
