package frame

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/berlaku/berlaku/internal/clock"
	"github.com/berlaku/berlaku/internal/fault"
)

// FormLimit is how many bytes a form without files may have.
const FormLimit = 256 << 10

// Refusals of forms.
var (
	// ErrForm: the body is no form that can be read.
	ErrForm = fault.New(fault.Malformed, "form_invalid", "The form cannot be read.")
	// ErrFormSize: the body is larger than the form may be.
	ErrFormSize = fault.New(fault.Malformed, "form_too_large", "What was sent is too large.")
)

// Form is what was filled in, and what is wrong with it. The zero Form is empty.
type Form struct {
	Values  url.Values
	Errors  map[string]Text // by the name of the field
	Problem Text            // of the form as a whole
	frame   *Frame
}

// Form reads the form of a POST of at most FormLimit bytes, without files.
func (v *Visit) Form() (*Form, error) {
	v.R.Body = http.MaxBytesReader(v.W, v.R.Body, FormLimit)
	var err error
	if strings.HasPrefix(v.R.Header.Get("Content-Type"), "multipart/form-data") {
		err = v.R.ParseMultipartForm(FormLimit)
	} else {
		err = v.R.ParseForm()
	}
	if err != nil {
		return nil, formFault(err)
	}
	return v.NewForm(v.R.PostForm) //nolint:forbidigo // a form that was sent to us, not a client
}

// Upload reads a form with one file, both together at most limit bytes, without
// keeping the file in memory: the caller reads it while it arrives and closes
// the returned part. Fields that come after the file are not seen.
func (v *Visit) Upload(field string, limit int64) (*Form, *multipart.Part, error) {
	v.R.Body = http.MaxBytesReader(v.W, v.R.Body, limit)
	parts, err := v.R.MultipartReader()
	if err != nil {
		return nil, nil, ErrForm.Because(err)
	}
	values := url.Values{}
	for size := 0; size < FormLimit; {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			f, err := v.NewForm(values)
			return f, nil, err
		}
		if err != nil {
			return nil, nil, formFault(err)
		}
		if part.FormName() == field && part.FileName() != "" {
			f, err := v.NewForm(values)
			return f, part, err
		}
		b, err := io.ReadAll(io.LimitReader(part, FormLimit))
		if err != nil {
			return nil, nil, formFault(err)
		}
		size += len(b) + len(part.FormName()) + 1
		values.Add(part.FormName(), string(b))
	}
	return nil, nil, ErrFormSize
}

func formFault(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return ErrFormSize.Because(err)
	}
	return ErrForm.Because(err)
}

// NewForm returns a form with values of the program, as when something that
// exists is changed.
func (v *Visit) NewForm(values url.Values) (*Form, error) {
	for name, all := range values {
		for _, s := range append(all, name) {
			if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
				return nil, ErrForm
			}
		}
	}
	return &Form{Values: values, Errors: map[string]Text{}, frame: v.frame}, nil
}

// Blank returns an empty form.
func (v *Visit) Blank() *Form {
	return &Form{Values: url.Values{}, Errors: map[string]Text{}, frame: v.frame}
}

// Set gives a field its value.
func (f *Form) Set(name, value string) { f.Values.Set(name, value) }

// Get returns the trimmed text of a field.
func (f *Form) Get(name string) string {
	if f == nil {
		return ""
	}
	return strings.TrimSpace(f.Values.Get(name))
}

// All returns every value of a field.
func (f *Form) All(name string) []string { return f.Values[name] }

// Has reports whether a field has the value: for boxes and lists.
func (f *Form) Has(name, value string) bool {
	if f == nil {
		return false
	}
	return slices.Contains(f.Values[name], value)
}

// Fail says what is wrong with a field.
func (f *Form) Fail(name string, t Text) { f.Errors[name] = t }

// OK reports whether nothing is wrong.
func (f *Form) OK() bool { return len(f.Errors) == 0 && f.Problem.IsZero() }

var (
	missing   = Say("Wajib diisi.", "This is needed.")
	tooLong   = Say("Terlalu panjang.", "Too long.")
	notNumber = Say("Isi dengan angka bulat.", "Enter a whole number.")
	notDay    = Say("Isi dengan tanggal yang benar.", "Enter a date that exists.")
	notChoice = Say("Pilih salah satu.", "Choose one.")
)

// Text returns a field that must hold 1 to most characters.
func (f *Form) Text(name string, most int) string {
	s := f.Optional(name, most)
	if s == "" && f.Errors[name].IsZero() {
		f.Fail(name, missing)
	}
	return s
}

// Optional returns a field that may hold up to most characters.
func (f *Form) Optional(name string, most int) string {
	s := f.Get(name)
	if utf8.RuneCountInString(s) > most {
		f.Fail(name, tooLong)
	}
	return s
}

// Whole returns a whole number between least and most; dots and Rp, as rupiah
// are written, are read over.
func (f *Form) Whole(name string, least, most int64) int64 {
	n, ok := f.OptionalWhole(name, least, most)
	if !ok && f.Errors[name].IsZero() {
		f.Fail(name, missing)
	}
	return n
}

// OptionalWhole is Whole for a field that may be empty.
func (f *Form) OptionalWhole(name string, least, most int64) (n int64, given bool) {
	s := strings.NewReplacer(".", "", "Rp", "", " ", "", "\u00a0", "").Replace(f.Get(name))
	if s == "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	switch {
	case err != nil:
		f.Fail(name, notNumber)
	case n < least, n > most:
		f.Fail(name, Say("Harus antara "+Number("id", least)+" dan "+Number("id", most)+".", "Must lie between "+Number("en", least)+" and "+Number("en", most)+"."))
	default:
		return n, true
	}
	return 0, false
}

// Day returns a field that holds a day.
func (f *Form) Day(name string) clock.Day {
	if f.Get(name) == "" {
		f.Fail(name, missing)
		return ""
	}
	return f.OptionalDay(name)
}

// OptionalDay is Day for a field that may be empty.
func (f *Form) OptionalDay(name string) clock.Day {
	s := f.Get(name)
	if s == "" {
		return ""
	}
	d, err := clock.ParseDay(s)
	if err != nil {
		f.Fail(name, notDay)
	}
	return d
}

// ID returns a field that holds an id.
func (f *Form) ID(name string) uuid.UUID {
	id, err := ID(f.Get(name))
	if err != nil {
		f.Fail(name, notChoice)
	}
	return id
}

// Choice returns a field that holds one of the values.
func (f *Form) Choice(name string, values ...string) string {
	s := f.Get(name)
	if slices.Contains(values, s) {
		return s
	}
	f.Fail(name, notChoice)
	return ""
}

// Refused takes a refusal of a domain that people can do something about into
// the form and reports whether it was one; anything else is for the caller to
// return. Fields are named by the last part of their pointers.
func (f *Form) Refused(err error) bool {
	e, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return false
	}
	switch e.Kind {
	case fault.Invalid, fault.Conflict, fault.TooMany, fault.Malformed, fault.Forbidden, fault.Unavailable:
	case fault.NotFound, fault.Unauthenticated, fault.Internal:
		return false
	}
	f.Problem = f.frame.faultText(e)
	for _, place := range e.Fields {
		name := place.Pointer[strings.LastIndexByte(place.Pointer, '/')+1:]
		t, known := f.frame.faults[place.Code]
		if !known {
			t = f.Problem
		}
		f.Fail(name, t)
	}
	return true
}

// Refusing is Refused also for refusals of kind unauthenticated: sign-in forms.
func (f *Form) Refusing(err error) bool {
	if e, ok := errors.AsType[*fault.Error](err); ok && e.Kind == fault.Unauthenticated {
		f.Problem = f.frame.faultText(e)
		return true
	}
	return f.Refused(err)
}

// Uploads take longer than other requests.
const uploadTime = 5 * time.Minute

// Longer gives this visit more time than others to arrive and to be answered.
func (v *Visit) Longer() {
	c := http.NewResponseController(v.W)
	until := clock.System().Now().Add(uploadTime) // deadlines are those of the machine
	// Where the connection has no deadlines, as in tests, there is nothing to move.
	_ = c.SetReadDeadline(until)  //nolint:errcheck // see above
	_ = c.SetWriteDeadline(until) //nolint:errcheck // see above
}
