package records

import (
	"strconv"

	"github.com/berlaku/berlaku/audit"
	"github.com/berlaku/berlaku/console/frame"
)

type checkpointsView struct {
	Lines  []audit.Checkpoint
	Next   int64
	Back   bool
	Public string
	Newest int64
}

const atOnce = 50

func (r *room) checkpoints(v *frame.Visit) error {
	below, _ := strconv.ParseInt(v.Query("di_bawah"), 10, 64) //nolint:errcheck // what is no number is the newest page
	all, more, err := r.Audit.Checkpoints(v.Context(), max(0, below), atOnce)
	if err != nil {
		return err
	}
	view := checkpointsView{Lines: all, Back: below > 0, Public: r.Audit.Public()}
	if more {
		view.Next = all[len(all)-1].Size
	}
	if len(all) > 0 {
		view.Newest = all[0].Size
	}
	return v.Page("records_points.html", frame.Say("Titik periksa", "Checkpoints"), view)
}

// checkpoint sends the signed note of one.
func (r *room) checkpoint(v *frame.Visit) error {
	size, err := strconv.ParseInt(v.Param("size"), 10, 64)
	if err != nil {
		return frame.ErrNotFound
	}
	c, err := r.Audit.Checkpoint(v.Context(), size)
	if err != nil {
		return err
	}
	return v.File("titik-"+v.Param("size")+".txt", "text/plain; charset=utf-8", []byte(c.Note))
}

// allCheckpoints sends every note while it is read, an empty line between them.
func (r *room) allCheckpoints(v *frame.Visit) error {
	v.Attach("titik-periksa.txt", "text/plain; charset=utf-8")
	for below := int64(0); ; {
		all, more, err := r.Audit.Checkpoints(v.Context(), below, 500)
		if err != nil {
			return err
		}
		for i := range all {
			if _, err := v.W.Write([]byte(all[i].Note + "\n")); err != nil {
				return err
			}
			below = all[i].Size
		}
		if !more {
			return nil
		}
	}
}

func (r *room) consistency(v *frame.Visit) error {
	from, e1 := strconv.ParseInt(v.Query("dari"), 10, 64)
	to, e2 := strconv.ParseInt(v.Query("sampai"), 10, 64)
	if e1 != nil || e2 != nil || from <= 0 || to <= 0 {
		return audit.ErrProofQuery
	}
	p, err := r.Audit.ProveConsistency(v.Context(), from, to)
	if err != nil {
		return err
	}
	return send(v, "konsistensi-"+v.Query("dari")+"-"+v.Query("sampai")+".json", p)
}

func (r *room) key(v *frame.Visit) error {
	return v.File("kunci-audit.txt", "text/plain; charset=utf-8", []byte(r.Audit.Public()+"\n"))
}
