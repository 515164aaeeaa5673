"""What the months were: counted from the tables, told in three languages, written as HTML, PDF and XLSX."""
