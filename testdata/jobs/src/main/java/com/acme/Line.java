package com.acme;

import java.math.BigDecimal;

public class Line {
    public String article;
    public int quantity;
    public BigDecimal price;

    public Line() {}

    public Line(String article, int quantity, BigDecimal price) {
        this.article = article;
        this.quantity = quantity;
        this.price = price;
    }
}
