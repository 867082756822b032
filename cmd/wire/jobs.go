package wire

import (
	"context"
	"time"
)

// Job is work that is done at the start and again every hour. Run returns how
// many rows it changed.
type Job struct {
	What string
	Run  func(ctx context.Context) (rows int64, err error)
}

const (
	monthsAhead     = 3
	partitionsSlack = 24 * time.Hour // ids of a clock that is a little late still find their month
)

// essential is the work without which the program cannot go on.
func (a *App) essential() []Job {
	return []Job{
		{"partitions", func(ctx context.Context) (int64, error) {
			now := a.Clock.Now()
			return 0, a.DB.EnsurePartitions(ctx, now.Add(-partitionsSlack), now.AddDate(0, monthsAhead, 0))
		}},
		{"erasures", a.Participants.SettleErasures},
		{"signing keys", func(ctx context.Context) (int64, error) {
			made, err := a.Cards.EnsureKeys(ctx)
			return int64(len(made)), err
		}},
	}
}

// Jobs returns the regular work, in order. All of it may run at any time, on
// any number of servers.
func (a *App) Jobs() []Job {
	return append(a.essential(),
		Job{"lapsed memberships", func(ctx context.Context) (int64, error) {
			n, err := a.Participants.Lapse(ctx)
			return int64(n), err
		}},
		Job{"old sign-ins and throttles", a.Accounts.Purge},
		Job{"old till bearers", a.Tills.Sweep},
		Job{"silent tills", a.Tills.TellSilent},
		Job{"used assertions of phones", a.Cards.SweepAssertions},
		Job{"unused offline allowances", a.Benefits.SweepAllowances},
		Job{"promos that run out", a.Benefits.WarnLow},
		Job{"old scans and idempotency keys", a.Redemptions.Purge},
		Job{"test cards of tills that were tried out", a.Redemptions.SweepTests},
		Job{"overdue data requests", a.Participants.TellOverdue},
		Job{"old looks at people's data", a.Participants.SweepAccesses},
		Job{"old claims", a.Participants.PurgeClaims},
		Job{"agreements that end", a.Partners.FollowAgreements},
		Job{"refused applications of a year ago", a.Partners.SweepApplications},
		Job{"checkpoint of the audit log", a.Audit.MakeCheckpoint},
		Job{"old messages", a.Messages.Purge},
		Job{"files and former states of imports", a.Participants.SweepImports},
		Job{"old notices", a.Notices.Purge},
	)
}

// Loop is work that somebody waits for: it is done again Every so often, each
// loop beside the others.
type Loop struct {
	Job
	Every time.Duration
}

// runsEvery is how long an order of cards for many people waits to be taken up.
const runsEvery = 3 * time.Second

// importsEvery is how long a list of participants waits to be taken up.
const importsEvery = 2 * time.Second

// messagesEvery is how long a message waits at most until it leaves.
const messagesEvery = 2 * time.Second

// noticesEvery is how long a notice waits at most until its mail is queued.
const noticesEvery = time.Minute

// verifyEvery is how long a verification of the audit log waits to be taken up.
const verifyEvery = 2 * time.Second

// Loops returns the work of a server that is never at rest. It may run on any
// number of servers.
func (a *App) Loops() []Loop {
	return []Loop{
		{Job{"cards for many people", a.Cards.WorkRuns}, runsEvery},
		{Job{"messages", a.Messages.Deliver}, messagesEvery},
		{Job{"verifications of the audit log", a.Audit.WorkVerifications}, verifyEvery},
		{Job{"lists of participants", a.Participants.WorkImports}, importsEvery},
		{Job{"mails of notices", a.Notices.Mail}, noticesEvery},
	}
}
