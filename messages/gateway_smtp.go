package messages

import (
	"context"
	"errors"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
)

const (
	smtpTimeout = 15 * time.Second
	smtpSubject = "Kartu Promo Peserta"
	phoneMark   = "{phone}"
)

// smtpGateway sends each message as a mail, on a connection of its own.
type smtpGateway struct {
	client   *mail.Client
	from, to string
	domain   string // of from
}

func openSMTP(u *url.URL, s Settings) (Gateway, error) {
	g := &smtpGateway{from: s.From, to: s.To}
	probe := mail.NewMsg()
	if probe.From(s.From) != nil || !strings.Contains(s.To, phoneMark) || probe.To(g.address("+620")) != nil {
		return nil, ErrSettings
	}
	sender, err := probe.GetSender(false)
	if err != nil {
		return nil, ErrSettings
	}
	g.domain = sender[strings.LastIndexByte(sender, '@')+1:]
	options := []mail.Option{mail.WithTimeout(smtpTimeout), mail.WithTLSPolicy(mail.TLSMandatory)}
	if u.Scheme == "smtps" {
		options = append(options, mail.WithSSLPort(false))
	} else if loopback(u.Hostname()) {
		options = append(options, mail.WithTLSPolicy(mail.TLSOpportunistic))
	}
	if u.Port() != "" {
		port, err := strconv.Atoi(u.Port())
		if err != nil {
			return nil, ErrSettings
		}
		options = append(options, mail.WithPort(port))
	} else if u.Scheme == "smtp" {
		options = append(options, mail.WithPort(mail.DefaultPortTLS))
	}
	if password, has := u.User.Password(); has {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(u.User.Username()), mail.WithPassword(password))
	}
	if g.client, err = mail.NewClient(u.Hostname(), options...); err != nil {
		return nil, ErrSettings
	}
	return g, nil
}

// address returns where a message to a phone goes; an address of mail stays.
func (g *smtpGateway) address(to string) string {
	if strings.Contains(to, "@") {
		return to
	}
	return strings.ReplaceAll(g.to, phoneMark, digits(to))
}

// Mails reports that addresses of mail are reached.
func (g *smtpGateway) Mails() bool { return true }

// Send implements Gateway. What the server refuses for good (5xx) will never
// leave, unless it refuses us and not the message.
func (g *smtpGateway) Send(ctx context.Context, m Outgoing) error {
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if msg.From(g.from) != nil {
		return &SendError{Code: codeSettings}
	}
	if msg.To(g.address(m.To.Reveal())) != nil {
		return &SendError{Code: codeRejected, Final: true}
	}
	msg.Subject(smtpSubject)
	msg.SetDateWithValue(m.At)
	msg.SetMessageIDWithValue(m.ID.String() + "@" + g.domain)
	msg.SetBodyString(mail.TypeTextPlain, m.Text.Reveal())
	err := g.client.DialAndSendWithContext(ctx, msg)
	if err == nil || msg.IsDelivered() { // a server that forgets to say goodbye
		return nil
	}
	if refused, ok := errors.AsType[*mail.SendError](err); ok {
		switch code := refused.ErrorCode(); {
		case code >= 500 && refused.Reason != mail.ErrSMTPMailFrom:
			return &SendError{Code: codeRejected, Final: true}
		case code >= 500:
			return &SendError{Code: codeSettings}
		case code >= 400:
			return &SendError{Code: codeBusy}
		}
	}
	if answer, ok := errors.AsType[*textproto.Error](err); ok && answer.Code >= 500 { // who we are, not what we send
		return &SendError{Code: codeSettings}
	}
	return &SendError{Code: codeUnreachable}
}
