package ecr17_test

var dataCases = []kase{}
