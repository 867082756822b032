package access

import (
	"net/http"
	"time"
)

const (
	secureCookie = "__Host-berlaku" // the browser holds us to Secure, Path=/ and no Domain
	plainCookie  = "berlaku"        // over plain HTTP on this machine
)

// Cookies writes and reads the session cookie.
type Cookies struct {
	// Secure is right whenever people reach the server over HTTPS.
	Secure bool
}

func (c Cookies) name() string {
	if c.Secure {
		return secureCookie
	}
	return plainCookie
}

// Write returns the cookie that signs a browser in until expires.
func (c Cookies) Write(token string, expires time.Time) http.Cookie {
	return http.Cookie{
		Name: c.name(), Value: token, Path: "/", Expires: expires,
		Secure: c.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

// Clear returns the cookie that signs a browser out.
func (c Cookies) Clear() http.Cookie {
	k := c.Write("", time.Unix(0, 0).UTC())
	k.MaxAge = -1
	return k
}
