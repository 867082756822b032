package api

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/berlaku/berlaku/api/access"
	"github.com/berlaku/berlaku/internal/actor"
)

// chain puts the layers that every request passes around the router, the
// innermost first.
func (s *Server) chain(router http.Handler) http.Handler {
	h := router
	for _, layer := range []func(http.Handler) http.Handler{
		headAsGet, checkQuery, s.origins.Handler, s.checkHost, refuseMethods, s.secure, s.rescue, s.observe,
	} {
		h = layer(h)
	}
	return h
}

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status   int
	bytes    int64
	bodyless bool // HEAD
}

// Unwrap lets http.ResponseController reach the connection.
func (a *recorder) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (a *recorder) WriteHeader(status int) {
	if a.status == 0 && status >= http.StatusOK {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (a *recorder) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	if a.bodyless {
		return len(b), nil
	}
	n, err := a.ResponseWriter.Write(b)
	a.bytes += int64(n)
	return n, err
}

// observe gives the request its id, counts it, and writes one line about it:
// the route's pattern, never the path, the query or the body.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r, i := s.begin(r)
		a := &recorder{ResponseWriter: w, bodyless: r.Method == http.MethodHead}
		w.Header().Set(requestIDHeader, i.id)
		start := s.opts.Clock.Now()
		done := s.metrics.begin()
		defer func() {
			took := s.opts.Clock.Now().Sub(start)
			done(i.route, r.Method, a.status, took)
			s.log(r, i, a, took)
		}()
		next.ServeHTTP(a, r)
	})
}

func (s *Server) log(r *http.Request, i *info, a *recorder, took time.Duration) {
	if i.page.Who.Kind != "" {
		i.who, i.cause = i.page.Who, errors.Join(i.cause, i.page.Cause)
	}
	level := slog.LevelInfo
	attrs := []slog.Attr{
		slog.String("method", knownMethod(r.Method)), slog.String("route", i.route), slog.Int("status", a.status),
		slog.Int64("bytes", a.bytes), slog.Duration("took", took), slog.String("request_id", i.id),
		slog.String("actor", string(i.who.Kind)),
	}
	if i.who.Kind != actor.Anonymous {
		attrs = append(attrs, slog.String("actor_id", i.who.ID.String()))
	}
	if i.cause != nil {
		level = slog.LevelError
		attrs = append(attrs, slog.String("cause", redact(i.cause.Error())))
	}
	s.opts.Logger.LogAttrs(r.Context(), level, "request", attrs...)
}

var (
	quoted   = regexp.MustCompile(`"[^"]*"|'[^']*'`)
	longRuns = regexp.MustCompile(`\d{6,}`)
)

// redact takes out of an error's text what a driver may have quoted from the
// request.
func redact(text string) string {
	return longRuns.ReplaceAllString(quoted.ReplaceAllString(text, `"…"`), "#")
}

// rescue answers 500 when a handler panics.
func (s *Server) rescue(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(v)
			}
			i := infoFrom(r.Context())
			i.cause = fmt.Errorf("panic: %v", v)
			s.opts.Logger.ErrorContext(r.Context(), "panic", slog.String("request_id", i.id), slog.String("stack", string(debug.Stack())))
			if a, ok := w.(*recorder); ok && a.status != 0 {
				panic(http.ErrAbortHandler) // too late for an answer: cut the connection
			}
			newProblem(r.Context(), http.StatusInternalServerError, errInternal.Code, "").write(w)
		}()
		next.ServeHTTP(w, r)
	})
}

// contentPolicy lets a page load from here and nowhere else, without inline
// script or style.
const contentPolicy = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"

func (s *Server) secure(next http.Handler) http.Handler {
	tls := byNameOverTLS(s.opts.PublicURL)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if tls {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		next.ServeHTTP(w, r)
	})
}

// byNameOverTLS reports whether people come by https under a name. An address
// takes no promise for the year ahead, and a demo must make none for localhost.
func byNameOverTLS(publicURL string) bool {
	u, err := url.Parse(publicURL)
	if err != nil || u.Scheme != "https" || u.Hostname() == "localhost" {
		return false
	}
	_, err = netip.ParseAddr(u.Hostname())
	return err != nil
}

const allMethods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"

func knownMethod(m string) string {
	if m != "" && strings.Contains(allMethods, m) {
		return m
	}
	return "other"
}

// refuseMethods answers 405 to what no route has, TRACE and CONNECT first.
func refuseMethods(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if knownMethod(r.Method) != r.Method {
			w.Header().Set("Allow", allMethods)
			statusProblem(r.Context(), http.StatusMethodNotAllowed).write(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// checkHost refuses names that are not ours, so that a foreign name that is
// made to point here (DNS rebinding) opens nothing. Probes may use any name.
func (s *Server) checkHost(next http.Handler) http.Handler {
	allowed := map[string]bool{"localhost": true, "127.0.0.1": true, "::1": true}
	for _, ours := range []string{s.opts.PublicURL, s.opts.Origin} { // cards are opened under their origin
		if u, err := url.Parse(ours); err == nil && u.Hostname() != "" {
			allowed[strings.ToLower(u.Hostname())] = true
		}
	}
	for _, host := range s.opts.Hosts {
		allowed[strings.ToLower(host)] = true
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u := url.URL{Host: r.Host}
		if !allowed[strings.ToLower(u.Hostname())] && r.URL.Path != "/healthz" && r.URL.Path != "/readyz" {
			statusProblem(r.Context(), http.StatusMisdirectedRequest).write(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Origins judges writes that a browser sends from another site.
func Origins(publicURL string) *http.CrossOriginProtection {
	cop := http.NewCrossOriginProtection()
	if u, err := url.Parse(publicURL); err == nil && u.Host != "" {
		// An origin that was parsed from our own configuration is well-formed.
		_ = cop.AddTrustedOrigin(u.Scheme + "://" + u.Host) //nolint:errcheck // see above
	}
	cop.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		problemOf(r.Context(), access.ErrCrossOrigin).write(w)
	}))
	return cop
}

// checkQuery refuses query strings that decode to what no column can hold, and
// those that name a parameter twice.
func checkQuery(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q, err := url.ParseQuery(r.URL.RawQuery)
		for name, values := range q {
			if len(values) > 1 { // which of them counts, readers would disagree
				err = errQuery
			}
			for _, v := range append(values, name) {
				if !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
					err = errQuery
				}
			}
		}
		if err != nil {
			problemOf(r.Context(), errQuery).write(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// headAsGet lets every GET route answer HEAD; the body is dropped by observe.
func headAsGet(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			get := *r
			get.Method = http.MethodGet
			r = &get
		}
		next.ServeHTTP(w, r)
	})
}

// fromHere reports whether the request was made on this machine and came
// through no proxy.
func fromHere(r *http.Request) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via"} {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	return isLoopback(r.RemoteAddr)
}

func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
