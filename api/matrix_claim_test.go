package api_test

var claimRows = []row{}
