package api_test

var runRows = []row{}
