package api_test

var dataRows = []row{}
