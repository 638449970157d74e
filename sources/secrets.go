package sources

import (
	"context"
	"reflect"
	"time"

	"github.com/sethvargo/go-envconfig"
)

// secretsTimeout bounds the reading of the credentials of a connection that is
// not used, which must not hold up the one that is.
const secretsTimeout = 2 * time.Second

// readSecrets reads a connection that is not used only for its credentials, as
// they must not turn up in the payloads of others. What is wrong with it is
// reported when it is used.
func (c Configured) readSecrets(ctx context.Context, env envconfig.Lookuper) {
	ctx, cancel := context.WithTimeout(ctx, secretsTimeout)
	defer cancel()
	_ = Decode(ctx, env, c.prefix(), &c.Settings)
	_ = Decode(ctx, env, c.prefix(), c.config)
	c.keepSecrets()
}

// keepSecrets adds the connection's credentials to those of the process.
func (c Configured) keepSecrets() {
	if c.Secrets == nil {
		return
	}
	c.Secrets.Add(revealed(reflect.ValueOf(c.Settings))...)
	c.Secrets.Add(revealed(reflect.ValueOf(c.config))...)
	if c.HookPassword != "" {
		c.Secrets.Add(c.HookUsername + ":" + c.HookPassword.Reveal())
	}
}

// revealed returns each Secret in v, a struct, a pointer to one or a list.
func revealed(v reflect.Value) (secrets []string) {
	switch {
	case v.Type() == reflect.TypeFor[Secret]():
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
