package com.acme;

public class Dog extends Animal {
    public boolean barks;

    public Dog() {}

    public Dog(String name, boolean barks) {
        super(name, 4);
        this.barks = barks;
    }
}
