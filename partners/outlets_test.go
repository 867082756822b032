package partners_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berlaku/berlaku/partners"
)

func TestAnOutletLiesInIndonesiaAndItsHoursDoNotOverlap(t *testing.T) {
	w := newWorld(t)
	p := w.newPartner(t)
	for name, c := range map[string]struct {
		change func(*partners.OutletProfile)
		want   map[string]string
	}{
		"off the coast of Africa": {func(o *partners.OutletProfile) { o.Latitude, o.Longitude = new(0.0), new(0.0) }, map[string]string{"/longitude": "out_of_range"}},
		"latitude and longitude exchanged": {func(o *partners.OutletProfile) { o.Latitude, o.Longitude = new(119.87), new(-0.9) },
			map[string]string{"/latitude": "out_of_range", "/longitude": "out_of_range"}},
		"a span without length": {func(o *partners.OutletProfile) { o.Hours = []partners.Hours{{Day: 1, From: "08:00", To: "08:00"}} },
			map[string]string{"/hours/0/to": "out_of_range"}},
		"two spans that share an hour": {func(o *partners.OutletProfile) {
			o.Hours = []partners.Hours{{Day: 1, From: "08:00", To: "12:00"}, {Day: 1, From: "11:00", To: "17:00"}}
		}, map[string]string{"/hours/1/from": "hours_overlap"}},
		"a span after one past midnight": {func(o *partners.OutletProfile) {
			o.Hours = []partners.Hours{{Day: 1, From: "20:00", To: "02:00"}, {Day: 1, From: "23:00", To: "23:30"}}
		}, map[string]string{"/hours/1/from": "hours_overlap"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := shop()
			c.change(&o)
			_, err := w.CreateOutlet(w.officer, p.ID, o)
			if diff := cmp.Diff(c.want, fields(err)); diff != "" {
				t.Error(err, diff)
			}
		})
	}
	o := shop()
	o.Hours = []partners.Hours{{Day: 1, From: "08:00", To: "12:00"}, {Day: 1, From: "12:00", To: "17:00"}, {Day: 2, From: "20:00", To: "02:00"}}
	must[partners.Outlet](t)(w.CreateOutlet(w.officer, p.ID, o))
}
