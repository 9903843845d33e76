module example/azure-http-go

go 1.22
