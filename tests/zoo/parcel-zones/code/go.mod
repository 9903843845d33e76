module shop.example/parcels

go 1.22
