package benefits_test

import (
	"strings"
	"testing"

	"github.com/berlaku/berlaku/benefits"
)

func TestSummary(t *testing.T) {
	person := func(count int64, per benefits.Per, apart int) func(*benefits.Terms) {
		return func(t *benefits.Terms) {
			t.Limits.Participant = &benefits.ParticipantLimit{Count: count, Per: per}
			if apart > 0 {
				t.Limits.Participant.MinIntervalDays = &apart
			}
		}
	}
	days := func(days ...benefits.Weekday) func(*benefits.Terms) { return func(t *benefits.Terms) { t.Days = days } }
	hours := func(times ...string) func(*benefits.Terms) {
		return func(t *benefits.Terms) {
			for i := 0; i < len(times); i += 2 {
				t.Hours = append(t.Hours, benefits.Hours{From: times[i], To: times[i+1]})
			}
		}
	}
	basis := func(kind benefits.Kind, value int64, b benefits.Basis) func(*benefits.Terms) {
		return func(t *benefits.Terms) { t.Kind, t.Value, t.Basis = kind, value, b }
	}
	cases := []struct {
		change func(*benefits.Terms)
		id, en string
	}{
		{func(*benefits.Terms) {}, "20 % dari jasa", "20 % off labour"},
		{
			func(t *benefits.Terms) {
				t.MaxDiscount, t.MinGross = new(int64(50_000)), 100_000
				person(1, benefits.PerMonth, 0)(t)
			},
			"20 % dari jasa, paling banyak Rp50.000, minimal belanja Rp100.000, sekali sebulan",
			"20 % off labour, at most Rp50,000, minimum bill Rp100,000, once a month",
		},
		{basis(benefits.Percent, 5, benefits.Parts), "5 % dari suku cadang", "5 % off parts"},
		{basis(benefits.Percent, 100, benefits.Total), "100 % dari total tagihan", "100 % off the whole bill"},
		{basis(benefits.Percent, 7, benefits.Package), "7 % dari paket", "7 % off the package"},
		{basis(benefits.Amount, 5_000, benefits.Oil), "Potongan Rp5.000 dari oli", "Rp5,000 off oil"},
		{basis(benefits.Amount, 999, benefits.Total), "Potongan Rp999 dari total tagihan", "Rp999 off the whole bill"},
		{basis(benefits.Amount, 1_000_000_000, benefits.Labour), "Potongan Rp1.000.000.000 dari jasa", "Rp1,000,000,000 off labour"},
		{basis(benefits.FreeItem, 25_000, benefits.Labour), "Gratis jasa senilai Rp25.000", "Rp25,000 of labour free"},
		{basis(benefits.FreeItem, 15_000, benefits.Oil), "Gratis oli senilai Rp15.000", "Rp15,000 of oil free"},
		{basis(benefits.PackagePrice, 95_000, benefits.Package), "Harga paket Rp95.000", "Rp95,000 for the package"},
		{basis(benefits.PackagePrice, 250_000, benefits.Labour), "Harga jasa Rp250.000", "Rp250,000 for labour"},
		{person(1, benefits.PerDay, 0), "20 % dari jasa, sekali sehari", "20 % off labour, once a day"},
		{person(1, benefits.PerWeek, 0), "20 % dari jasa, sekali seminggu", "20 % off labour, once a week"},
		{person(1, benefits.PerYear, 0), "20 % dari jasa, sekali setahun", "20 % off labour, once a year"},
		{person(1, benefits.PerEver, 0), "20 % dari jasa, sekali saja", "20 % off labour, only once"},
		{person(2, benefits.PerDay, 0), "20 % dari jasa, 2 kali sehari", "20 % off labour, 2 times a day"},
		{person(3, benefits.PerWeek, 1), "20 % dari jasa, 3 kali seminggu, berjarak minimal 1 hari", "20 % off labour, 3 times a week, at least 1 day apart"},
		{person(4, benefits.PerMonth, 7), "20 % dari jasa, 4 kali sebulan, berjarak minimal 7 hari", "20 % off labour, 4 times a month, at least 7 days apart"},
		{person(2, benefits.PerYear, 1500), "20 % dari jasa, 2 kali setahun, berjarak minimal 1.500 hari", "20 % off labour, 2 times a year, at least 1,500 days apart"},
		{person(5, benefits.PerEver, 0), "20 % dari jasa, 5 kali saja", "20 % off labour, only 5 times"},
		{
			func(t *benefits.Terms) {
				t.Limits.OutletPerDay, t.Limits.TotalCount, t.Limits.TotalAmount = new(int64(200)), new(int64(20_000)), new(int64(250_000_000))
			},
			"20 % dari jasa, paling banyak 200 kali per outlet per hari, kuota 20.000 kali, anggaran Rp250.000.000",
			"20 % off labour, at most 200 times per outlet a day, 20,000 uses in all, Rp250,000,000 in all",
		},
		{days("mon", "tue", "wed", "thu", "fri"), "20 % dari jasa, hari Senin–Jumat", "20 % off labour, on Monday to Friday"},
		{days("sat", "sun"), "20 % dari jasa, hari Sabtu dan Minggu", "20 % off labour, on Saturday and Sunday"},
		{days("wed"), "20 % dari jasa, hari Rabu", "20 % off labour, on Wednesday"},
		{days("mon", "wed", "fri"), "20 % dari jasa, hari Senin, Rabu dan Jumat", "20 % off labour, on Monday, Wednesday and Friday"},
		{days("sun", "tue", "wed", "thu"), "20 % dari jasa, hari Selasa–Kamis dan Minggu", "20 % off labour, on Tuesday to Thursday and Sunday"},
		{days("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "20 % dari jasa", "20 % off labour"},
		{hours("08:00", "17:00"), "20 % dari jasa, pukul 08.00–17.00", "20 % off labour, 08:00–17:00"},
		{hours("08:00", "10:00", "22:00", "02:00"), "20 % dari jasa, pukul 08.00–10.00 dan 22.00–02.00", "20 % off labour, 08:00–10:00 and 22:00–02:00"},
		{hours("08:00", "10:00", "09:00", "09:00"), "20 % dari jasa", "20 % off labour"},
		{
			func(t *benefits.Terms) {
				fixed(benefits.FreeItem, 25_000, 20_000)(t)
				t.MinGross = 50_000
				days("mon", "tue")(t)
				hours("08:00", "12:00")(t)
				person(2, benefits.PerYear, 150)(t)
				t.Limits.TotalCount = new(int64(1_000))
			},
			"Gratis jasa senilai Rp25.000, paling banyak Rp20.000, minimal belanja Rp50.000, hari Senin dan Selasa, pukul 08.00–12.00, 2 kali setahun, berjarak minimal 150 hari, kuota 1.000 kali",
			"Rp25,000 of labour free, at most Rp20,000, minimum bill Rp50,000, on Monday and Tuesday, 08:00–12:00, 2 times a year, at least 150 days apart, 1,000 uses in all",
		},
	}
	for _, c := range cases {
		terms := good()
		terms.MaxDiscount, terms.Limits = nil, benefits.Limits{}
		c.change(&terms)
		if got := terms.Summary("id"); got != c.id {
			t.Errorf("got  %s\nwant %s", got, c.id)
		}
		if got := terms.Summary("en"); got != c.en {
			t.Errorf("got  %s\nwant %s", got, c.en)
		}
	}
}

func TestEveryTermHasWordsInBothLanguages(t *testing.T) {
	for _, kind := range []benefits.Kind{benefits.Percent, benefits.Amount, benefits.FreeItem, benefits.PackagePrice} {
		for _, basis := range []benefits.Basis{benefits.Labour, benefits.Parts, benefits.Oil, benefits.Package, benefits.Total} {
			for _, per := range []benefits.Per{benefits.PerDay, benefits.PerWeek, benefits.PerMonth, benefits.PerYear, benefits.PerEver} {
				terms := good()
				terms.Kind, terms.Basis = kind, basis
				terms.Limits.Participant = &benefits.ParticipantLimit{Count: 3, Per: per, MinIntervalDays: new(2)}
				id, en := terms.Summary("id"), terms.Summary("en")
				if id == en || strings.Contains(id+en, "%!") || strings.Contains(id+en, "  ") || strings.Contains(id+en, ", ,") {
					t.Errorf("%s of %s per %s: %q, %q", kind, basis, per, id, en)
				}
			}
		}
	}
}
