package api_test

var myRows = []row{}
