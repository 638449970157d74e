package canon

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// The words that make a member's name secret, in lower case. A name is secret by
// how it ends: password_changed_at and accessTokenUrl are worth keeping.
var (
	// secretEndings are looked for in the name without its separators, whatever
	// stands before them: sip_password, SIPPASSWORD.
	secretEndings = strings.Fields(`
		password passwd passwort kennwort contrasena motdepasse passphrase passcode pwd psk secret token bearer
		credential creds cookie jwt otpseed mfaseed seedphrase mnemonic sessionid sessid authorization basicauth oauth2auth
		httprequestheader connectionstring connstring connstr passkey keytab keystore kubeconfig
		apikey appkey accesskey secretkey signingkey privatekey encryptionkey decryptionkey cryptokey authkey sharedkey
		masterkey sessionkey sshkey hmackey consumerkey clientkey serverkey servicekey webhookkey hookkey rootkey adminkey
		deploykey licensekey securitykey symmetrickey subscriptionkey rsakey dsakey ecdsakey ed25519key pgpkey gpgkey
		aeskey tlskey sslkey wepkey wpakey wifikey tokenkey
		accesscode authcode securitycode verificationcode pincode recoverycode backupcode recoveryphrase
		securityanswer secretanswer privatepem`)

	// secretWords are too short to be an ending: compass, spin. They count as the
	// last word of a name (sip_pin, userPass) and behind a secretPrefix (userpass).
	secretWords = strings.Fields(`pass pin pw psw cred otp totp dsn cvv cvc puk hmac p12 pfx pkcs12`)

	// secretPrefixes are what secretWords are written together with.
	secretPrefixes = strings.Fields(`
		user usr sip wifi wlan db database smtp imap pop ftp sftp ssh admin root voicemail vm vmail login auth web http ldap
		proxy mysql pg redis my account acct door phone device ext extension mailbox conference host moderator api app`)

	// secretTails can follow a secret word, which stays secret: tokens, auth_token_2,
	// passwordHash, apiKeyV2, pin_number.
	secretTails = strings.Fields(`
		s v hash hashed digest salt value md sha text string str plain plaintext raw data json encrypted enc base b64 hex pem
		number no old new current previous next primary secondary backup confirm confirmation again repeat`)

	// joinedTails are those that count where no separator stands before them.
	joinedTails = strings.Fields(`s hash digest salt value md sha v`)

	// questions begin the names of what says something about a secret:
	// has_password, requires_pin, max_tokens.
	questions = strings.Fields(`has is requires require needs need supports must can allow allows enable show max min num total count no`)

	// keptNames end like a secret and are none: SignalWire and Twilio link to an
	// account's signing keys by this name.
	keptNames = strings.Fields(`signingkeys`)

	// pairNames and pairValues are the members of a pair:
	// {"name":"Authorization","value":"…"}.
	pairNames  = strings.Fields(`name key field header headername param parameter property attribute attr variable var label option setting id type kind k n`)
	pairValues = strings.Fields(`value values val content data default defaultvalue text v stringvalue`)

	// linkWords are secret as the last word of a URL's parameter alone.
	linkWords = strings.Fields(`key sig signature auth ticket sas`)

	// headerNames are those of credentials among the headers of a request.
	headerNames = strings.Fields(`authorization proxyauthorization cookie setcookie xauthtoken xapikey`)
)

// secretName reports whether a member of that name is secret at any provider.
func secretName(name string) bool {
	name = foldName(name)
	parts := words(name)
	joined := strings.Join(parts, "")
	switch {
	case strings.HasPrefix(joined, "pvt"), strings.Contains(joined, "jwt"):
		return true
	case slices.Contains(keptNames, joined), len(parts) > 1 && slices.Contains(questions, parts[0]):
		return false
	}
	// As pIN is one word where it is no camel case.
	return secretParts(parts) || secretParts(words(strings.ToLower(name)))
}

// secretParts reports whether the words of a name make it secret.
func secretParts(parts []string) bool {
	for len(parts) > 0 {
		joined, last := strings.Join(parts, ""), parts[len(parts)-1]
		if secretEnding(joined) || slices.Contains(secretWords, last) || slices.Contains(secretWords, strings.TrimSuffix(last, "s")) {
			return true
		}
		for _, prefix := range secretPrefixes {
			if rest, ok := strings.CutPrefix(last, prefix); ok && slices.Contains(secretWords, rest) {
				return true
			}
		}
		if !isTail(last) {
			return false
		}
		parts = parts[:len(parts)-1]
	}
	return false
}

func isTail(word string) bool {
	return strings.Trim(word, "0123456789") == "" || slices.Contains(secretTails, word)
}

// secretEnding reports whether a name without separators ends in a secret word.
func secretEnding(joined string) bool {
	for before := len(joined) + 1; len(joined) < before; {
		for _, word := range secretEndings {
			if strings.HasSuffix(joined, word) {
				return true
			}
		}
		before = len(joined)
		joined = strings.TrimRight(joined, "0123456789")
		for _, tail := range joinedTails {
			joined = strings.TrimSuffix(joined, tail)
		}
	}
	return false
}

// secretLink reports whether a URL's parameter of that name is secret.
func secretLink(name string) bool {
	parts := words(foldName(name))
	return secretName(name) || len(parts) > 0 && slices.Contains(linkWords, parts[len(parts)-1])
}

// plainName returns a name in lower case, letters and digits alone: auth_token,
// authToken and Auth-Token are one name.
func plainName(name string) string { return strings.Join(words(foldName(name)), "") }

var (
	camelCase = regexp.MustCompile(`([A-Z])([A-Z][a-z])`)
	word      = regexp.MustCompile(`[0-9]+|[A-Z]?[a-z]+|[A-Z]+`)
)

// words splits a name at separators, between letters and digits, and where
// camel case begins a word, in lower case: SIPPin2 is sip, pin and 2.
func words(name string) []string {
	list := word.FindAllString(camelCase.ReplaceAllString(name, "$1 $2"), -1)
	for i := range list {
		list[i] = strings.ToLower(list[i])
	}
	return list
}

// foldName returns name in ASCII: letters that look like Latin ones become
// those, what is invisible is dropped, and anything else separates words.
func foldName(name string) string {
	if isASCII(name) {
		return strings.Map(visible, name)
	}
	return strings.Map(func(r rune) rune {
		switch latin, alike := lookalikes[r]; {
		case alike:
			return latin
		case r < unicode.MaxASCII:
			return visible(r)
		case unicode.In(r, unicode.Mn, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
			return -1
		default:
			return '_'
		}
	}, norm.NFKD.String(name))
}

// visible drops control characters.
func visible(r rune) rune {
	if r < ' ' || r == 0x7f {
		return -1
	}
	return r
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
}

// lookalikes are letters of other scripts by the Latin letter that they look
// like, each string one Latin letter and its doubles.
var lookalikes = func() map[rune]rune {
	table := map[rune]rune{}
	for _, doubles := range strings.Fields(`
		aаɑαӑ AАΑᎪ bвьƅЬ BВΒᏴ cсϲᴄ CСϹᏟ dԁɗ DᎠ eеєεҽ℮ EЕΕᎬ fғϝ FϜ gɡց GԌᏀ hһնհ HНΗᎻ iіιıɩ IІΙӀ jјϳ JЈᎫ kкκᴋ KКΚᏦ
		lӏⅼǀ LᏞ mмⅿᴍ MМΜᎷ nпոռη NΝ oоοօσᴏ OОΟՕ pрρ PРΡᏢ qԛգ QԚ rгᴦ RᎡ sѕꜱ SЅᏚ tтτᴛ TТΤᎢ uսυцᴜ UՍ vѵνᴠ VѴᏙ
		wԝѡωᴡ WԜᎳ xхχ× XХΧ yуүγ YУΥҮ zᴢ ZΖᏃ`) {
		latin := rune(doubles[0])
		for _, r := range doubles[1:] {
			table[r] = latin
		}
	}
	return table
}()
