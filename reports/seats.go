package reports

// seats are the towns from which the regencies of Central Sulawesi are governed,
// by Kemendagri code, to about a kilometre. Checked against two sources that do
// not know of each other: GeoNames cities1000 (CC BY 4.0; Palu, Donggala, Poso,
// Luwuk, Tolitoli, Buol) and a public list of regency seats (mdmunir/horison;
// all of them; agreement within 2 km). For Sigi the list names a place in Palu:
// here stands Sigi Biromaru, south of the city.
var seats = map[string]Seat{
	"72.01": {"Luwuk", -0.95, 122.79},
	"72.02": {"Poso", -1.39, 120.75},
	"72.03": {"Banawa", -0.67, 119.74},
	"72.04": {"Tolitoli", 1.04, 120.82},
	"72.05": {"Buol", 1.16, 121.43},
	"72.06": {"Bungku", -2.54, 121.97},
	"72.07": {"Salakan", -1.31, 123.29},
	"72.08": {"Parigi", -0.81, 120.18},
	"72.09": {"Ampana", -0.87, 121.59},
	"72.10": {"Sigi Biromaru", -0.98, 119.92},
	"72.11": {"Banggai", -1.59, 123.50},
	"72.12": {"Kolonodale", -1.99, 121.34},
	"72.71": {"Palu", -0.89, 119.86},
}
