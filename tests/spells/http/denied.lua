return http.get("http://other.test:8080/x") -- HERE
