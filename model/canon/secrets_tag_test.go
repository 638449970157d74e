package canon

import "testing"

// The tag covers the set of configured credentials, in any order and however they
// are divided, and says when others were obtained.
func TestSecretsTag(t *testing.T) {
	tagOf := func(credentials ...string) uint32 {
		s := new(Secrets)
		s.Add(credentials...)
		tag, known := s.Tag()
		if !known {
			t.Errorf("%q: credentials were obtained", credentials)
		}
		return tag
	}
	ab := tagOf("secret-a", "secret-b")
	if ab != tagOf("secret-b", "secret-a") {
		t.Error("the order counts")
	}
	for _, other := range [][]string{{"secret-a"}, {"secret-asecret-b"}, {"secret-as", "ecret-b"}, {}, {"secret-a", "secret-b", "secret-c"}} {
		if tagOf(other...) == ab {
			t.Errorf("%q has the same tag", other)
		}
	}
	s := new(Secrets)
	s.Add("secret-a")
	s.Learn("secret-b")
	if _, known := s.Tag(); known {
		t.Error("the tag covers an obtained credential")
	}
	var none *Secrets
	if _, known := none.Tag(); !known {
		t.Error("no set has unknown credentials")
	}
}
