package api_test

var directoryRows = []row{}
