package outlets

import (
	"strconv"
	"strings"
)

// marked is a point on the small map of Central Sulawesi, in the units of its
// picture. Where it lies outside there is none.
type marked struct {
	Here bool
	X, Y string
	Link string // to a map elsewhere, for people; empty: no point
}

// What the small map shows, in degrees, and how wide a degree is.
const (
	mapWest, mapEast   = 119.0, 124.5
	mapNorth, mapSouth = 1.6, -3.4
	mapUnit            = 40.0
)

func markedAt(latitude, longitude string) (m marked) {
	lat, err1 := strconv.ParseFloat(strings.ReplaceAll(latitude, ",", "."), 64)
	long, err2 := strconv.ParseFloat(strings.ReplaceAll(longitude, ",", "."), 64)
	if err1 != nil || err2 != nil {
		return m
	}
	text := func(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
	m.Link = "https://www.openstreetmap.org/?mlat=" + text(lat) + "&mlon=" + text(long) + "#map=16/" + text(lat) + "/" + text(long)
	m.Here = lat >= mapSouth && lat <= mapNorth && long >= mapWest && long <= mapEast
	m.X = strconv.FormatFloat((long-mapWest)*mapUnit, 'f', 1, 64)
	m.Y = strconv.FormatFloat((mapNorth-lat)*mapUnit, 'f', 1, 64)
	return m
}
