package world

import "math/rand/v2"

var (
	firstNames = []string{
		"Abdul", "Adi", "Agus", "Ahmad", "Andi", "Anisa", "Arif", "Asma", "Bambang", "Budi", "Citra", "Darwis", "Dewi", "Dian", "Edi",
		"Eka", "Fadli", "Fatimah", "Fitri", "Gunawan", "Hadijah", "Halim", "Hasan", "Hasna", "Hendra", "Herman", "Ibrahim", "Ika", "Imran", "Indra",
		"Irma", "Ismail", "Joko", "Kadek", "Kartini", "Komang", "Kurnia", "Lina", "Lukman", "Made", "Mariam", "Maya", "Mulyadi", "Nadia", "Nengah",
		"Nur", "Nurhayati", "Nurlaela", "Putri", "Rahmat", "Rahmawati", "Ratna", "Ridwan", "Rini", "Risma", "Rizal", "Rosmini", "Rudi", "Rusli", "Saiful",
		"Salma", "Samsul", "Sari", "Siti", "Slamet", "Sri", "Sudirman", "Suharti", "Sukma", "Sulastri", "Sumarni", "Supardi", "Syahrul", "Taufik", "Tini",
		"Udin", "Umar", "Usman", "Wahyu", "Wayan", "Widya", "Yanti", "Yasin", "Yuliana", "Yusuf", "Zainab", "Zulkifli",
	}
	lastNames = []string{
		"", "", "", "", // many people have one name only
		"Abdullah", "Alamsyah", "Amir", "Anwar", "Arifin", "Bakri", "Basri", "Daud", "Effendi", "Fauzi", "Hakim", "Halid", "Hamid", "Harahap", "Haris",
		"Hidayat", "Husain", "Idris", "Iskandar", "Jafar", "Kadir", "Kamal", "Lamato", "Latif", "Lasimpo", "Mahmud", "Malik", "Mansyur", "Mappa", "Muin",
		"Mustafa", "Nasir", "Ntopo", "Palo", "Pratama", "Purnama", "Rahim", "Rahman", "Ramadhan", "Rauf", "Sahrir", "Saleh", "Santoso", "Saputra", "Setiawan",
		"Sulaiman", "Susanto", "Syamsuddin", "Tahir", "Tandju", "Utami", "Wahab", "Wibowo", "Wijaya", "Yahya", "Yunus", "Zakaria",
	}
)

func name(r *rand.Rand) string {
	first, last := firstNames[r.IntN(len(firstNames))], lastNames[r.IntN(len(lastNames))]
	if last == "" {
		return first
	}
	return first + " " + last
}
