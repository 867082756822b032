package config

import (
	"encoding/json"
	"io"
	"net/url"
	"reflect"
	"strings"
)

const masked = "[masked]"

// Print writes the settings in force as JSON in the form of the configuration
// file, secrets masked.
func (c *Config) Print(w io.Writer) error {
	var b strings.Builder
	b.WriteString("{\n")
	v := reflect.ValueOf(*c)
	for i := range v.NumField() {
		tag, value := v.Type().Field(i).Tag, v.Field(i).Interface()
		switch how, secret := tag.Lookup("secret"); {
		case secret && how == "whole" && v.Field(i).String() != "":
			value = masked
		case secret:
			value = Mask(v.Field(i).String())
		}
		line, err := json.MarshalIndent(value, "  ", "  ")
		if err != nil {
			return err
		}
		if i > 0 {
			b.WriteString(",\n")
		}
		b.WriteString(`  "` + strings.ReplaceAll(tag.Get("name"), "-", "_") + `": ` + string(line))
	}
	b.WriteString("\n}\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// Mask returns an address without its secrets: the user's password, and every
// parameter of a query. What is no address is masked whole.
func Mask(s string) string {
	if s == "" || strings.HasPrefix(s, "sqlite:") {
		return s
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return masked
	}
	text := u.Scheme + "://"
	if u.User != nil {
		text += u.User.Username()
		if _, has := u.User.Password(); has {
			text += ":" + masked
		}
		text += "@"
	}
	text += u.Host + u.EscapedPath()
	if u.RawQuery != "" {
		text += "?" + masked
	}
	return text
}
