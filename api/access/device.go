package access

import "strings"

// DeviceOf names the kind of program that a User-Agent speaks of, like "Chrome,
// Android": enough to know one's own sessions again, too little to know a device
// by. What is no browser is named by its first word.
func DeviceOf(userAgent string) string {
	app, on := firstIn(userAgent, apps), firstIn(userAgent, systems)
	switch {
	case userAgent == "":
		return ""
	case app == "":
		name, _, _ := strings.Cut(userAgent, "/")
		name, _, _ = strings.Cut(name, " ")
		return plain(name)
	case on == "":
		return app
	}
	return app + ", " + on
}

// The order matters: browsers name those they descend from.
var (
	apps = [][2]string{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"},
		{"CriOS/", "Chrome"}, {"HeadlessChrome/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
	}
	systems = [][2]string{
		{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"},
	}
)

func firstIn(text string, marks [][2]string) string {
	for _, m := range marks {
		if strings.Contains(text, m[0]) {
			return m[1]
		}
	}
	return ""
}

// plain keeps letters and digits of a word, at most twenty.
func plain(word string) string {
	out := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.' {
			return r
		}
		return -1
	}, word)
	return out[:min(len(out), 20)]
}
