"""The books for accountants: CSV, Excel, and the text of hledger and beancount."""
