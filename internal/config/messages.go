package config

import (
	"net/mail"
	"net/url"
	"strings"
)

// checkMessages names what is missing for the way that messages leave. The
// gateway itself judges the rest when it is opened.
func (c *Config) checkMessages() error {
	if c.MessageURL == "" {
		return nil
	}
	if path, file := strings.CutPrefix(c.MessageURL, "file:"); file {
		if path == "" {
			return problem("The message URL names no file: file:PATH.")
		}
		return nil
	}
	u, err := url.Parse(c.MessageURL)
	if err != nil || u.Hostname() == "" {
		return problem("The message URL must be file:PATH, https://…, smtp://… or smtps://….")
	}
	switch u.Scheme {
	case "https":
		return c.checkTemplate()
	case "http":
		if !loopback(u.Hostname()) {
			return problem("A message URL with http:// may name this machine only; numbers and codes travel by https://.")
		}
		return c.checkTemplate()
	case "smtp", "smtps":
		return c.checkMail()
	}
	return problem("The message URL must be file:PATH, https://…, smtp://… or smtps://….")
}

func (c *Config) checkTemplate() error {
	if c.MessageTemplate != "" && !strings.Contains(c.MessageTemplate, "{text}") {
		return problem("The message template must hold {text}.")
	}
	return nil
}

func (c *Config) checkMail() error {
	if _, err := mail.ParseAddress(c.MessageFrom); err != nil {
		return problem("Messages by mail need an address they come from (--message-from).")
	}
	if !strings.Contains(c.MessageTo, "{phone}@") {
		return problem("Messages by mail need to know how a phone becomes an address (--message-to), like {phone}@sms.example.")
	}
	return nil
}
