package com.acme;

import java.util.Objects;

/** A class that is good for a key: it says itself what its hash is. */
public class Customer {
    public String name;
    public int number;

    public Customer() {}

    public Customer(String name, int number) {
        this.name = name;
        this.number = number;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Customer
                && Objects.equals(name, ((Customer) other).name)
                && number == ((Customer) other).number;
    }

    @Override
    public int hashCode() {
        return Objects.hash(name, number);
    }
}
