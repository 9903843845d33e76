module shop.example/iban

go 1.22
