module zoo/greeting-card

go 1.22
