package com.acme;

public class Address {
    public String street;
    public String zip;
    public int floor;

    public Address() {}

    public Address(String street, String zip, int floor) {
        this.street = street;
        this.zip = zip;
        this.floor = floor;
    }
}
