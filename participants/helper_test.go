package participants_test

import (
	"strings"

	"github.com/berlaku/berlaku/participants"
)

func csvRequest(text string) participants.ImportRequest {
	return participants.ImportRequest{BranchID: palu, Format: participants.CSV, File: strings.NewReader(text), Size: int64(len(text))}
}
