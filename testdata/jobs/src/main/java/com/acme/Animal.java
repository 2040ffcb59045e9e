package com.acme;

public class Animal {
    public String name;
    public int legs;

    public Animal() {}

    public Animal(String name, int legs) {
        this.name = name;
        this.legs = legs;
    }
}
