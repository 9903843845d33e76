module example/fc-event-go

go 1.22
