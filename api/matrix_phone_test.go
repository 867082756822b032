package api_test

var phoneRows = []row{}
